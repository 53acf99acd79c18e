import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { contains } from './interval.ts';
import { doubledRanks } from './ranks.ts';
import { unpairedEffect } from './unpaired.ts';

test('permeability of membranes (Hollander and Wolfe, example 4.1, as in the R manual)', () => {
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const early = [1.15, 0.88, 0.9, 0.74, 1.21];
  const { ratio, interval, p } = unpairedEffect(early.map(Math.exp), term.map(Math.exp));
  // The example is about a shift, which is a ratio on a logarithmic scale.
  assert.equal(Math.log(ratio).toFixed(3), '0.305');
  assert.deepEqual(
    [interval?.low, interval?.high].map((bound) => Math.log(bound ?? 0).toFixed(2)),
    ['-0.15', '0.76'],
  );
  assert.equal((p / 2).toFixed(4), '0.1272');
});

test('the ratio is the median over all pairs of runs, even if the sides have different numbers of runs', () => {
  const effect = unpairedEffect([100, 200], [100, 300, 500]);
  // 0.5, 1, 1.5, 2.5, 3, 5
  assertClose(effect.ratio, Math.sqrt(1.5 * 2.5));
  assert.equal(effect.interval, null);
});

test('with five or eight runs per side, the interval covers the true ratio in at least 95 % of cases', () => {
  const normal = normalFrom(randomFrom(31));
  for (const count of [5, 8]) {
    const runs = (centre: number) => Array.from({ length: count }, () => centre * Math.exp(0.03 * normal()));
    const intervals = Array.from({ length: 2_000 }, () => unpairedEffect(runs(100), runs(104)).interval);
    const covered = intervals.filter((interval) => interval !== null && contains(interval, 1.04)).length;
    assert.ok(covered >= 0.94 * intervals.length && covered < 0.985 * intervals.length, `${covered}`);
  }
});

test('a side without runs or a value without a ratio is rejected', () => {
  assert.throws(() => unpairedEffect([], [1]), RangeError);
  assert.throws(() => unpairedEffect([1], []), RangeError);
  assert.throws(() => unpairedEffect([1, 0], [1]), /Cannot form a ratio/);
  assert.throws(() => unpairedEffect([1], [Number.NaN]), /Cannot form a ratio/);
});

const runs = fc.array(fc.double({ min: 1, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 9 });

test('the interval contains the ratio and excludes 1 if p is below .05, and swapping the sides inverts everything', () => {
  fc.assert(
    fc.property(runs, runs, (baseline, variant) => {
      const effect = unpairedEffect(baseline, variant);
      const inverse = unpairedEffect(variant, baseline);
      assertClose(inverse.ratio, 1 / effect.ratio);
      assertClose(inverse.p, effect.p);
      const ranks = doubledRanks([...baseline, ...variant].map(Math.log));
      const noTies = new Set(ranks).size === ranks.length;
      if (effect.interval === null || inverse.interval === null) {
        if (noTies) assert.ok(effect.p >= 0.05);
        assert.equal(effect.interval, inverse.interval);
        return;
      }
      assert.ok(contains(effect.interval, effect.ratio));
      assertClose(inverse.interval.low, 1 / effect.interval.high);
      if (noTies) assert.equal(contains(effect.interval, 1), effect.p >= 0.05);
    }),
    {
      numRuns: 80,
      // With ties, p is 1/35, although no outcome of four and three different values is significant.
      examples: [
        [
          [1, 1, 1, 1],
          [2, 2, 2],
        ],
        // Values that differ only by rounding are also ties.
        [
          [1.000000001, 1.0000000010000003],
          [1, 1.0000000000000002, 1.0000000000000004, 1.0000000000000007, 1.0000000000000009],
        ],
      ],
    },
  );
});
