import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { logBins, percentileCurve } from '../../measure/distribution.ts';
import { emptyHistogram } from '../../measure/histogram.ts';
import { timeAxis } from '../axis.ts';
import { viewOf } from '../view.ts';
import { histogramChart, percentileChart } from './distributions.ts';

const [VIEW = assert.fail()] = viewOf(
  makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]),
).runs;

function timesOf(...values: number[]) {
  const times = emptyHistogram();
  for (const value of values) times.recordValueWithCount(value, 100);
  return times;
}

function viewWith(...values: number[]) {
  return { ...VIEW, name: 'a', colour: 'series-1', pattern: 2, times: timesOf(...values) };
}

test('a histogram begins and ends at 0, at the edges of its bins, and is filled if it is the only one', () => {
  const view = viewWith(123_456, 123_456, 900_000);
  const bins = logBins(view.times);
  const [first = assert.fail()] = bins;
  const last = bins.at(-1) ?? assert.fail();
  const x = (us: number) => Number(us.toPrecision(4));
  const points = [
    { x: x(first.fromUs), y: 0 },
    ...bins.map(({ fromUs, count }) => ({ x: x(fromUs), y: count / 300 })),
    { x: x(last.toUs), y: 0 },
  ];
  assert.ok(x(first.fromUs) !== Number(first.fromUs.toPrecision(3)) && x(first.fromUs) !== first.fromUs);
  assert.ok(bins.length > 2 && points[1]?.y === 2 / 3);
  const line = { label: 'a', colour: 'series-1', pattern: 2, points, stepped: true };
  const chart = {
    ...{ kind: 'line', id: 'chart-histogram' },
    x: timeAxis('response time', [x(first.fromUs), x(last.toUs)]),
    y: { title: 'share of messages', unit: 'share' },
  };
  assert.deepEqual(histogramChart([view]), { ...chart, series: [{ ...line, filled: true }] });
  const empty = { ...line, points: [], filled: false };
  assert.deepEqual(histogramChart([view, viewWith()]), {
    ...chart,
    series: [{ ...line, filled: false }, empty],
  });
});

test('a curve has six digits of each percentile, and no time below 1 µs', () => {
  const view = viewWith(0, 500);
  const curve = percentileCurve(view.times);
  const chart = percentileChart([view, viewWith()]);
  assert.deepEqual(
    chart.series.map(({ points }) => points),
    [curve.map(({ x, valueUs }) => ({ x: Number(x.toPrecision(6)), y: valueUs === 0 ? 1 : valueUs })), []],
  );
  assert.ok(curve.some(({ x }) => Number(x.toPrecision(6)) !== Number(x.toPrecision(7))));
  assert.deepEqual(chart.y, timeAxis('response time', [1, 500]));
  const axis = { title: 'percentile', unit: 'percentile', logarithmic: true };
  assert.deepEqual(chart.x, { ...axis, ticks: [2, 10, 100], min: 1, max: 100 });
});
