import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch } from '../../../test/capacity.ts';
import { trialsPlot } from './plot.ts';

test('an interval that ends below the lowest trial shown has no width', () => {
  const trials = [50, 100, 200].map((level) => ({
    ...{ level, met: false, keptSchedule: true, elsewhere: null },
    figures: [level === 50 ? null : level, 0],
  }));
  const { markup = '' } = trialsPlot(makeSearch({ interval: [null, 50], trials }), 0) ?? {};
  assert.deepEqual(/class="negligible" x="([\d.]+)" y="24" width="([\d.]+)"/.exec(markup)?.slice(1), [
    '86',
    '0',
  ]);
});
