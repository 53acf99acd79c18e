import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeRun } from '../../test/run.ts';
import { evenBins, logBins, percentileCurve } from './distribution.ts';
import { histogramOf } from './figures.ts';
import { emptyHistogram } from './histogram.ts';

function of(...values: number[]) {
  const histogram = emptyHistogram();
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

test('a bin includes its lower edge and excludes its upper edge', () => {
  for (const value of [1, 2, 9, 10, 11, 99, 100, 1000, 1122, 1123, 10_000]) {
    const [bin, ...others] = logBins(of(value));
    assert.ok(bin && bin.fromUs <= value && value < bin.toUs, `${value}: ${JSON.stringify(bin)}`);
    assert.deepEqual([bin.count, others], [1, []]);
  }
  assert.deepEqual(logBins(of(0)), logBins(of(1)));
});

test('bins are contiguous, twenty per decade, without omissions', () => {
  const bins = logBins(of(1, 1, 100));
  assert.equal(bins.length, 2 * 20 + 1);
  assert.deepEqual(
    bins.map(({ count }) => count),
    [2, ...Array(39).fill(0), 1],
  );
  for (const [i, bin] of bins.entries()) {
    assert.ok(Math.abs(bin.toUs / bin.fromUs - 10 ** 0.05) < 1e-9);
    if (i > 0) assert.equal(bin.fromUs, bins[i - 1]?.toUs);
  }
});

test('even bins start at 0, follow each other without a gap, and hold every sample', () => {
  assert.deepEqual(evenBins(of(), 100), []);
  assert.deepEqual(evenBins(of(0, 99, 100, 350), 100), [
    { fromUs: 0, toUs: 100, count: 2 },
    { fromUs: 100, toUs: 200, count: 1 },
    { fromUs: 200, toUs: 300, count: 0 },
    { fromUs: 300, toUs: 400, count: 1 },
  ]);
});

test('the bins hold every sample', () => {
  const values = fc.array(fc.integer({ min: 0, max: 2 ** 30 }), { maxLength: 50 });
  fc.assert(
    fc.property(values, (list) => {
      assert.equal(
        logBins(of(...list)).reduce((sum, { count }) => sum + count, 0),
        list.length,
      );
    }),
  );
});

test('the curve gives the value at each x = 1 / (1 − p), with six steps per doubling, as far as the samples allow', () => {
  const curve = percentileCurve(of(...Array.from({ length: 640 }, (_, i) => i + 1)));
  const at = (x: number) => curve.find((point) => Math.abs(point.x - x) < 1e-9)?.valueUs;
  assert.deepEqual([at(1), at(2), at(4), at(8)], [1, 320, 480, 560]);
  assert.equal(curve.at(-1)?.x, 64);
  assert.equal(curve.length, 6 * 6 + 1);
});

test('the percentile curve ascends, and ends where there are too few samples', () => {
  const histogram = histogramOf(makeRun({ seconds: 2 }), 'service');
  const curve = percentileCurve(histogram);
  assert.deepEqual(
    curve.map((point) => point.valueUs),
    curve.map((point) => point.valueUs).toSorted((a, b) => a - b),
  );
  assert.ok((curve.at(-1)?.x ?? 0) <= histogram.totalCount / 10 + 1e-6);
  assert.deepEqual(logBins(emptyHistogram()), []);
  assert.deepEqual(percentileCurve(emptyHistogram()), []);
});
