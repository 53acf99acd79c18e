import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Result } from '../../model/result.ts';
import type { QueueSample, Run } from '../../model/run.ts';
import { reportHtml } from '../../report/html.ts';
import { viewOf } from '../../report/view.ts';
import { report } from './sections.ts';

const SECOND = 1_000_000;

function times(us: number): string {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount(us, 2000);
  return encode(histogram);
}

/** Two of ten clients stop reading in the second of three seconds. Nginx closes some of them. */
function stalledRun(profile: string, closed: number): Run {
  const run = makeRun({
    profile,
    seconds: 3,
    connections: 10,
    load: { kind: 'open', ratePerSecond: 20, arrivals: 'uniform' },
  });
  const steadyUs = run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0;
  const sample = (second: number, unread: number, open: number): QueueSample => ({
    atUs: steadyUs + second * SECOND,
    proxyBytes: profile === 'direct' ? null : 1_000_000 + unread,
    tcpBytes: unread * 4,
    client: { open: 10, closing: 0, unread, unsent: 0 },
    proxyClient: { open, closing: 10 - open, unread: 0, unsent: unread },
    proxyServer: { open, closing: 0, unread: 0, unsent: 0 },
    server: { open, closing: 0, unread: 0, unsent: 0 },
  });
  return {
    ...run,
    plan: {
      ...run.plan,
      step: 'slow-consumer',
      workload: {
        ...run.plan.workload,
        scenario: 'slow-consumer',
        options: { 'slow-share': 20, 'read-rate': 0, stall: 2000 },
      },
    },
    timeline: [
      { action: { kind: 'stall-clients' }, atUs: steadyUs + SECOND, failure: null },
      { action: { kind: 'resume-clients' }, atUs: steadyUs + 3 * SECOND, failure: null },
    ],
    queues: [sample(0.5, 0, 10), sample(1.5, 2 ** 20, 10), sample(2.5, 2 ** 21, 10 - closed)],
    slices: run.slices.map((slice, index) => ({
      ...slice,
      counters: { ...slice.counters, stalled: index === 0 ? 2 : 0, slowSkipped: index === 0 ? 30 : 0 },
      failures: index === 0 && closed > 0 ? { 'open/closed-1006': closed } : {},
      histograms: slice.phase === 'steady' ? { before: times(1000), during: times(3000) } : {},
    })),
    workers: [],
    http: null,
  };
}

function resultOf(...runs: Run[]): Result {
  const result = makeResult(runs);
  return { ...result, plan: { ...result.plan, scenario: 'slow-consumer', steps: ['slow-consumer'] } };
}

function answerOf(run: Run): string {
  const [variant] = viewOf(resultOf(run)).variants;
  return report.answer(variant ?? assert.fail());
}

test('the answer gives the others before and during the stall, the memory per stalled client, and when Nginx gave up', () => {
  const answer = answerOf(stalledRun('plain', 1));
  for (const fact of [
    '2 of 10 clients',
    '3 ms (1 ms before)',
    '4 MiB',
    '1 MiB in Nginx',
    'closed 1',
    '1.5 s',
    '1006',
    '30',
  ])
    assert.ok(answer.includes(fact), `${fact} in ${answer}`);
  assert.ok(answerOf(stalledRun('plain', 0)).includes('closed none'));
  assert.ok(!answerOf(stalledRun('direct', 0)).includes('Nginx'));
});

test('a run that ended before the stall has no figures for it, but still a report', () => {
  const run = { ...stalledRun('plain', 0), timeline: [], queues: [] };
  assert.ok(answerOf(run).includes('before clients stopped reading'));
  assert.ok(reportHtml(resultOf(run)).includes('before clients stopped reading'));
});

test('the report shows the others and the queued data, with the stall marked on each chart', () => {
  const view = viewOf(resultOf(stalledRun('plain', 1)));
  const sections = report.open.map((section) => section(view));
  assert.deepEqual(
    sections.map(({ id, charts }) => [id, charts.map(({ id }) => id)]),
    [
      ['answers', []],
      ['others', ['chart-others']],
      ['held', ['chart-tcp-memory', 'chart-queues-0']],
    ],
  );
  for (const chart of sections.flatMap(({ charts }) => charts)) {
    const bands = 'bands' in chart ? (chart.bands ?? []) : [];
    assert.equal(bands.filter(({ kind }) => kind === 'event').length, 2, chart.id);
  }
  assert.ok(reportHtml(view.result).includes('chart-tcp-memory'));
});
