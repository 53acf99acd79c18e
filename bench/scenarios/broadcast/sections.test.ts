import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { reportHtml } from '../../report/html.ts';
import { jsonSummary } from '../../report/json.ts';
import { viewOf } from '../../report/view.ts';
import { report } from './sections.ts';

function times(us: number, count: number): string {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount(us, count);
  return encode(histogram);
}

/** 20 publications per second to 100 members for 3 s; some deliveries did not arrive. */
function broadcastRun(profile: string, skipped = 0): Run {
  const run = makeRun({
    profile,
    seconds: 3,
    connections: 100,
    load: { kind: 'open', ratePerSecond: 20, arrivals: 'uniform' },
  });
  const slices = run.slices.map((slice, index) => {
    const isSteady = slice.phase === 'steady';
    const left = isSteady && index === run.slices.findIndex(({ phase }) => phase === 'steady') ? skipped : 0;
    const published = isSteady ? 20 : 0;
    return {
      ...slice,
      counters: {
        opened: slice.counters.opened ?? 0,
        due: published,
        sent: published,
        echoed: published,
        expected: published * 100,
        delivered: published * 100 - left,
        skipped: left,
      },
      histograms: isSteady
        ? {
            firstReceiver: times(1000, 20),
            medianReceiver: times(2000, 20),
            lastReceiver: times(3000, 20),
            delivery: times(2000, 2000 - left),
          }
        : {},
    };
  });
  return {
    ...run,
    plan: {
      ...run.plan,
      step: 'broadcast',
      workload: { ...run.plan.workload, scenario: 'broadcast', options: { room: 0, publishers: 1 } },
    },
    slices,
    workers: [
      {
        worker: 0,
        asked: 100,
        opened: 100,
        failed: 0,
        ...{ due: 60, sent: 60, echoed: 60, lost: 0, unsent: 0, outstanding: 0, queued: 0 },
        ...{ expected: 6000, delivered: 6000 - skipped, skipped, missed: 0, pending: 0 },
      },
    ],
    http: null,
  };
}

function resultOf(...runs: Run[]): Result {
  const result = makeResult(runs);
  return { ...result, plan: { ...result.plan, scenario: 'broadcast', steps: ['broadcast'] } };
}

test('the answer gives deliveries, the three receivers, the cost and what did not arrive', () => {
  const result = resultOf(broadcastRun('plain', 7));
  const [variant] = viewOf(result).variants;
  const answer = report.answer(variant ?? assert.fail());
  for (const fact of [
    '20 publications',
    '100 members',
    '1 ms',
    '2 ms',
    '3 ms',
    'Nginx used',
    '7 of 6,000',
    'skipped 7',
  ])
    assert.ok(answer.includes(fact), `${fact} in ${answer}`);
  assert.deepEqual(jsonSummary(result, null).answers, [{ variant: 'plain', sentence: answer }]);
});

test('without Nginx, the cost is that of the server; if everything arrived, the answer says so', () => {
  const [variant] = viewOf(resultOf(broadcastRun('direct'))).variants;
  const answer = report.answer(variant ?? assert.fail());
  assert.ok(!answer.includes('Nginx'), answer);
  assert.ok(answer.includes('All 6,000'), answer);
});

test('the receivers and deliveries sections are open, with a chart each', () => {
  const view = viewOf(resultOf(broadcastRun('plain'), broadcastRun('tls')));
  assert.deepEqual(
    report.open.map((section) => section(view)).map(({ id, charts }) => [id, charts.map(({ id }) => id)]),
    [
      ['answers', []],
      ['receivers', ['chart-last-receiver']],
      ['deliveries', ['chart-deliveries']],
    ],
  );
  assert.ok(reportHtml(view.result).includes('chart-last-receiver'));
});

test('the cells are the figures of the run', () => {
  const [variant] = viewOf(resultOf(broadcastRun('plain', 7))).variants;
  const cells = Object.fromEntries(report.cells(variant ?? assert.fail()));
  assert.deepEqual(
    [cells.deliveries, cells.first, cells.median, cells.last, cells['not delivered']],
    ['2k/s', '1 ms', '2 ms', '3 ms', '7'],
  );
});
