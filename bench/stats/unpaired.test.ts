import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { contains } from './interval.ts';
import { median } from './median.ts';
import { normalFrom } from './noise.test.fixture.ts';
import { unpairedEffect } from './unpaired.ts';

test('the ratio is that of the medians, of runs that need not be equally many', () => {
  const effect = unpairedEffect([100, 90, 300, 110, 95], [121, 110, 99, 1000]);
  assertClose(effect.ratio, 115.5 / 100);
  assertClose(effect.p, 40 / 126); // 40 of the 126 divisions are as uneven, counted one by one
});

test('the interval is that of resampling both sides', () => {
  const baseline = [100, 103, 98, 110, 95, 101, 99, 104];
  const variant = [112, 108, 121, 105, 99, 115, 118, 109];
  const random = randomFrom(5);
  const resampled = (values: number[]) =>
    values.map(() => values[Math.floor(random() * values.length)] as number);
  const ratios = Array.from(
    { length: 40_000 },
    () => median(resampled(variant)) / median(resampled(baseline)),
  );
  ratios.sort((a, b) => a - b);
  const { interval } = unpairedEffect(baseline, variant);
  assertClose(interval.low, ratios[1_000] as number, 0.003);
  assertClose(interval.high, ratios[39_000] as number, 0.003);
});

test('five runs a side: the interval covers the true ratio in 95 % or more', () => {
  const normal = normalFrom(randomFrom(31));
  const runs = (centre: number) => Array.from({ length: 5 }, () => centre * Math.exp(0.03 * normal()));
  const intervals = Array.from({ length: 2_000 }, () => unpairedEffect(runs(100), runs(104)).interval);
  const covered = intervals.filter((interval) => contains(interval, 1.04)).length;
  assert.ok(covered >= 0.95 * intervals.length && covered < 0.985 * intervals.length, `${covered} of 2,000`);
});

test('a side without runs, or a figure without a ratio, is refused', () => {
  assert.throws(() => unpairedEffect([], [1]), RangeError);
  assert.throws(() => unpairedEffect([1], []), RangeError);
  assert.throws(() => unpairedEffect([1, 0], [1]), /no ratio/);
  assert.throws(() => unpairedEffect([1], [Number.NaN]), /no ratio/);
});

const runs = fc.array(fc.double({ min: 1, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 9 });

test('the interval contains the ratio, and from the other side all is the inverse', () => {
  fc.assert(
    fc.property(runs, runs, (baseline, variant) => {
      const effect = unpairedEffect(baseline, variant);
      const inverse = unpairedEffect(variant, baseline);
      assert.ok(contains(effect.interval, effect.ratio));
      assertClose(inverse.ratio, 1 / effect.ratio);
      assertClose(inverse.interval.low, 1 / effect.interval.high);
      assertClose(inverse.interval.high, 1 / effect.interval.low);
      assertClose(inverse.p, effect.p);
    }),
    { numRuns: 50 },
  );
});
