import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Summary } from '../../measure/histogram.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';
import { timesTable } from './times.ts';

const { runs: RUNS } = viewOf(
  makeResult(
    ['tls', 'plain'].map((profile) => makeRun({ seconds: 1, connections: 10, perSecond: 100, profile })),
  ),
);

const SUMMARY: Summary = {
  ...{ count: 1234, min: 1, mean: 2, p50: 3, p90: 4, p95: 5, p99: 6, p999: 7, p9999: null, max: 9 },
};

test('each kind of time of each run has a row with its summary, unless it has no samples', () => {
  const table = timesTable('Times', 'Kind', RUNS, ({ name }) =>
    name === 'plain'
      ? [['a', SUMMARY]]
      : [
          ['a', { ...SUMMARY, count: 1 }],
          ['b', { ...SUMMARY, count: 0 }],
          ['c', null],
          ['d', SUMMARY],
        ],
  );
  assert.deepEqual(headsOf({ body: table }), [
    'Times: Variant →, Kind →, Count, Min, Mean, p50, p90, p95, p99, p99.9, p99.99, Max',
  ]);
  const cells = ['1 µs', '2 µs', '3 µs', '4 µs', '5 µs', '6 µs', '7 µs', '–', '9 µs'];
  assert.deepEqual(tableOf(table.markup, 'Times'), [
    ['tls', 'a', '1', ...cells],
    ['tls', 'd', '1,234', ...cells],
    ['plain', 'a', '1,234', ...cells],
  ]);
});
