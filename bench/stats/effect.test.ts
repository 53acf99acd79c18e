import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { effectOf, logRatios } from './effect.ts';
import { contains, type Interval } from './interval.ts';

test('the effect is the median of the ratios within the rounds, not the ratio of the medians', () => {
  const baseline = [100, 200, 400, 100, 800, 100, 100];
  const variant = [110, 220, 440, 50, 880, 110, 900];
  const effect = effectOf(logRatios(baseline, variant));
  assert.equal(effect.rounds, 7);
  assertClose(effect.ratio, 1.1);
});

test('with an even number of rounds, the effect is the geometric mean of the two middle ratios', () => {
  assertClose(effectOf(logRatios([1, 1, 1, 1], [1, 2, 8, 9])).ratio, 4);
});

test('with six rounds the interval ranges from the smallest ratio to the largest; with five there is none', () => {
  const variant = [1.01, 1.02, 1.03, 1.04, 1.06, 1.05];
  const { interval } = effectOf(logRatios([1, 1, 1, 1, 1, 1], variant));
  assertClose(interval?.low as number, 1.01);
  assertClose(interval?.high as number, 1.06);
  assert.equal(effectOf(logRatios([1, 1, 1, 1, 1], variant.slice(0, 5))).interval, null);
});

test('with seven rounds the bootstrap interval ranges from the second ratio to the sixth', () => {
  const { bootstrap } = effectOf(logRatios([1, 1, 1, 1, 1, 1, 1], [1.3, 1.1, 1.2, 1.4, 1.7, 1.6, 1.5]));
  assertClose(bootstrap.low, 1.2);
  assertClose(bootstrap.high, 1.6);
});

test('values without a ratio and unpaired rounds are rejected', () => {
  for (const figure of [0, -1, Number.NaN, Infinity]) {
    assert.throws(() => logRatios([1], [figure]), /Cannot form a ratio/);
    assert.throws(() => logRatios([figure], [1]), /Cannot form a ratio/);
  }
  assert.throws(() => logRatios([1, 2], [1]), /baseline has 2 rounds, but the variant has 1/);
  assert.throws(() => effectOf([]), RangeError);
});

const figure = fc.double({ min: 1, max: 1e6, noNaN: true });
const rounds = fc.array(fc.tuple(figure, figure), { minLength: 1, maxLength: 14 });

test('the unit does not matter, and swapping the sides inverts everything', () => {
  fc.assert(
    fc.property(rounds, figure, (pairs, unit) => {
      const baseline = pairs.map(([base]) => base);
      const variant = pairs.map(([, other]) => other);
      const effect = effectOf(logRatios(baseline, variant));
      const inOtherUnit = effectOf(
        logRatios(
          baseline.map((value) => value * unit),
          variant.map((value) => value * unit),
        ),
      );
      const inverse = effectOf(logRatios(variant, baseline));
      assertClose(inOtherUnit.ratio, effect.ratio);
      assertClose(inverse.ratio, 1 / effect.ratio);
      const inverted = (interval: Interval) => ({ low: 1 / interval.high, high: 1 / interval.low });
      assertCloseInterval(inverse.bootstrap, inverted(effect.bootstrap));
      if (effect.interval === null) assert.equal(inverse.interval, null);
      else assertCloseInterval(inverse.interval as Interval, inverted(effect.interval));
    }),
  );
});

function assertCloseInterval(actual: Interval, expected: Interval): void {
  assertClose(actual.low, expected.low);
  assertClose(actual.high, expected.high);
}

test('up to 20 rounds both intervals contain the effect', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 }),
      (logs) => {
        const { ratio, interval, bootstrap } = effectOf(logs);
        assert.ok(contains(bootstrap, ratio));
        if (interval !== null)
          assert.ok(contains({ low: interval.low - 1e-12, high: interval.high + 1e-12 }, ratio));
      },
    ),
  );
});

test('the interval covers the true effect in 95 % of cases, the bootstrap with 7 rounds in 87.5 %', () => {
  const normal = normalFrom(randomFrom(2026));
  for (const [count, ownCoverage, bootstrapCoverage] of [
    [7, 0.953, 0.875],
    [10, 0.951, 0.944],
  ] as const) {
    const effects = Array.from({ length: 4_000 }, () =>
      effectOf(Array.from({ length: count }, () => Math.log(1.1) + 0.05 * normal())),
    );
    const covered = (intervalOf: (effect: (typeof effects)[number]) => Interval) =>
      effects.filter((effect) => contains(intervalOf(effect), 1.1)).length / effects.length;
    // Four standard errors of a proportion of 4,000.
    assert.ok(Math.abs(covered(({ interval }) => interval as Interval) - ownCoverage) < 0.014);
    assert.ok(Math.abs(covered(({ bootstrap }) => bootstrap) - bootstrapCoverage) < 0.021);
  }
});
