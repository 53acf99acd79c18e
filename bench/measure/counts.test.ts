import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Float64Histogram } from 'hdr-histogram-js';
import { BUCKETS, bucketIndex, bucketValue, Counts, HIGHEST_US } from './counts.ts';
import { bucketsOf, decode, encodePairs } from './histogram.ts';
import { mergePairs } from './pairs.ts';

const microseconds = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.integer({ min: 0, max: 20_000_000 }),
  fc.integer({ min: 0, max: HIGHEST_US }),
);

function reference(): Float64Histogram {
  const histogram = new Float64Histogram(1, HIGHEST_US, 3);
  histogram.autoResize = true;
  return histogram;
}

function countsOf(values: readonly number[]): Uint32Array {
  const counts = new Counts();
  for (const value of values) counts.record(value);
  return counts.drain();
}

function pairsOf(histogram: Float64Histogram): [number, number][] {
  return [...bucketsOf(histogram)];
}

test('the layout is that of HdrHistogram with 3 digits', () => {
  const histogram = reference();
  fc.assert(
    fc.property(microseconds, (value) => {
      assert.equal(bucketIndex(value), histogram.countsArrayIndex(value));
      assert.equal(bucketValue(bucketIndex(value)), histogram.lowestEquivalentValue(value));
    }),
    { numRuns: 2_000 },
  );
});

test('buckets are a microsecond wide up to 2,048 µs, and double in width with each further doubling', () => {
  const values = [0, 1, 2047, 2048, 2049, 2050, 4095, 4096, 4100, HIGHEST_US];
  assert.deepEqual(values.map(bucketIndex), [0, 1, 2047, 2048, 2048, 2049, 3071, 3072, 3073, 22_527]);
  assert.deepEqual(
    [0, 1, 2047, 2048, 2049, 3071, 3072, 3073].map(bucketValue),
    [0, 1, 2047, 2048, 2050, 4094, 4096, 4100],
  );
  assert.deepEqual([HIGHEST_US, BUCKETS], [2_147_483_647, 22_528]);
});

test('recorded counts equal those of an HdrHistogram with the same samples', () => {
  fc.assert(
    fc.property(fc.array(microseconds, { minLength: 1, maxLength: 200 }), (values) => {
      const histogram = reference();
      for (const value of values) histogram.recordValue(value);
      assert.deepEqual(pairsOf(decode(encodePairs(countsOf(values)))), pairsOf(histogram));
    }),
  );
});

test('merging workers is exact: the result equals one histogram of all samples', () => {
  const workers = fc.array(fc.array(microseconds, { maxLength: 60 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(workers, (samples) => {
      const merged = samples.map(countsOf).reduce<Uint32Array>(mergePairs, new Uint32Array());
      assert.deepEqual(merged, countsOf(samples.flat()));
    }),
  );
});

test('draining resets the counts', () => {
  const counts = new Counts();
  counts.record(7);
  counts.record(7.4);
  counts.record(1_000_000);
  assert.deepEqual([...counts.drain()], [7, 2, bucketIndex(1_000_000), 1]);
  assert.deepEqual([...counts.drain()], []);
  counts.record(7);
  assert.deepEqual([...counts.drain()], [7, 1]);
});

test('fractions are rounded to the nearest µs, not truncated', () => {
  assert.deepEqual([...countsOf([6.49, 6.5, 7.49])], [6, 1, 7, 2]);
});

test('values outside the range are clamped, not dropped', () => {
  assert.deepEqual([...countsOf([-5, 0.2, HIGHEST_US, 1e12])], [0, 2, bucketIndex(HIGHEST_US), 2]);
});
