import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMixedRun } from '../../../test/mixed.ts';
import { makeResult } from '../../../test/result.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { reportHtml } from '../../report/html.ts';
import { tableOf } from '../../report/page-text.test.fixture.ts';
import { viewOf } from '../../report/view.ts';
import { report } from './sections.ts';

function resultOf(...runs: Run[]): Result {
  const result = makeResult(runs);
  return { ...result, plan: { ...result.plan, scenario: 'mixed', steps: ['mixed'] } };
}

function answerOf(run: Run): string {
  const [variant] = viewOf(resultOf(run)).variants;
  return report.answer(variant ?? assert.fail());
}

test('the answer gives the times of each with and without the other, and the requests that reached the backend', () => {
  const answer = answerOf(makeMixedRun('plain'));
  for (const fact of [
    '100 HTTP requests per second',
    '3 ms (1 ms without)',
    '700 µs (500 µs without',
    '200 of 200',
  ])
    assert.ok(answer.includes(fact), `${fact} in ${answer}`);
  assert.ok(answerOf(makeMixedRun('cache')).includes('0 of 200'));
});

test('if requests failed, it is unknown how many reached the backend', () => {
  const run = makeMixedRun('plain');
  assert.ok(run.httpLoad);
  run.httpLoad.total = { ...run.httpLoad.total, requests: 190, statuses: { '2xx': 190 }, errors: 10 };
  const answer = answerOf(run);
  assert.ok(answer.includes('10 HTTP requests failed') && !answer.includes('of 190'), answer);
});

test('the columns of the requests add up to those that were due, whatever else counts as failed', () => {
  const run = makeMixedRun('plain');
  assert.ok(run.httpLoad);
  const { total } = run.httpLoad;
  run.httpLoad.total = {
    ...total,
    requests: 190,
    non2xx: 7,
    statuses: { '2xx': 183, '5xx': 7 },
    errors: 4,
    timeouts: 1,
    schedule: { ratePerSecond: 100, due: 200, unanswered: 5 },
  };
  const rows = tableOf(reportHtml(resultOf(run)), 'HTTP requests');
  const [, , due, answered, broken, unanswered, , failed] =
    rows.find(([, when]) => when === 'with WebSockets') ?? assert.fail();
  assert.deepEqual([due, answered, broken, unanswered, failed], ['200', '190', '5', '5', '12']);
});

test('a run that ended before the requests has no figures for them, but still a report', () => {
  const run = { ...makeMixedRun('plain'), timeline: [], httpLoad: null };
  assert.ok(answerOf(run).includes('before any HTTP requests'));
  assert.ok(reportHtml(resultOf(run)).includes('before any HTTP requests'));
});

test('the report shows both over time, with the requests marked on each chart', () => {
  const view = viewOf(resultOf(makeMixedRun('plain'), makeMixedRun('cache')));
  const sections = report.open.map((section) => section(view));
  assert.deepEqual(
    sections.map(({ id, charts }) => [id, charts.map(({ id }) => id)]),
    [
      ['answers', []],
      ['times', ['chart-websocket-times', 'chart-http-times']],
      ['requests', []],
      ['cpu', []],
    ],
  );
  for (const chart of sections.flatMap(({ charts }) => charts)) {
    const bands = 'bands' in chart ? (chart.bands ?? []) : [];
    assert.equal(bands.filter(({ kind }) => kind === 'event').length, 2, chart.id);
  }
  assert.ok(reportHtml(view.result).includes('chart-http-times'));
});
