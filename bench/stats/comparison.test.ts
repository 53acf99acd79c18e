import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClose } from './assert.test.fixture.ts';
import { compareRounds } from './comparison.ts';

/** Compares one metric of several variants with equal weights, in the rounds that both sides provide. */
function compareVariants(
  baseline: readonly number[],
  variants: readonly (readonly number[])[],
  threshold = 0.02,
) {
  return compareRounds(
    variants.map((variant) => ({
      baseline: baseline.slice(0, variant.length),
      variant,
      better: 'lower',
      threshold,
      weight: 1,
    })),
    1,
  );
}

/** Ten rounds on a machine that is disturbed in the second half. Both sides of a round are affected equally. */
const BASELINE = [100, 101, 99, 102, 98, 150, 151, 149, 152, 148];

test('ratios are taken within rounds, so a machine that slows down half-way hides nothing', () => {
  const variant = BASELINE.map((value, i) => value * (1.05 + i / 1_000));
  const [comparison] = compareVariants(BASELINE, [variant]);
  assert.equal(comparison?.verdict, 'slower');
  assert.equal(comparison.rounds, 10);
  assertClose(comparison.ratio, Math.sqrt(1.054 * 1.055));
  assertClose(comparison.p, 2 / 1024);
});

test('p is adjusted for the number of variants compared, by rank', () => {
  const variants = [0.5, -0.001].map((change) =>
    BASELINE.map((value, i) => value * Math.exp(change + (i % 2 === 0 ? 0.01 : -0.01) * (1 + i / 100))),
  );
  const [large, none] = compareVariants(BASELINE, variants);
  assertClose(large?.adjustedP as number, 2 * (large?.p as number));
  assert.equal(none?.adjustedP, none?.p);
  assert.equal(large?.verdict, 'slower');
  assert.equal(none?.verdict, 'no difference detected');
  assert.ok((none?.detectable as number) > 1.01);
});

test('six rounds are enough for one variant, too few for two', () => {
  const variant = [110, 111, 112, 113, 114, 115];
  const baseline = variant.map(() => 100);
  const verdicts = (variants: number[][]) =>
    compareVariants(baseline, variants).map((comparison) => comparison?.verdict);
  assert.deepEqual(verdicts([variant]), ['slower']);
  assert.deepEqual(verdicts([variant, baseline]), ['too few rounds', 'too few rounds']);
});

test('the more variants, the larger an effect must be to be detectable', () => {
  const noisy = BASELINE.map((value, i) => value * Math.exp(0.01 * Math.cos(i * i)));
  const detectableAmong = (variants: number[][]) =>
    compareVariants(BASELINE, variants, 0)[0]?.detectable as number;
  assert.ok(detectableAmong([noisy]) < detectableAmong([noisy, noisy, noisy, noisy]));
});

test('without any rounds there is no comparison', () => {
  const variant = BASELINE.map((value) => value * 1.1);
  const [some, none] = compareVariants(BASELINE, [variant, []]);
  assert.equal(none, null);
  assert.equal(some?.verdict, 'slower');
});

test('with one deviating round in ten, a metric with a low weight has no verdict, and one with a high weight has', () => {
  const variant = BASELINE.map((value, i) => value * (i === 4 ? 0.999 : 1.05));
  const family = [0.8, 0.1, 0.1].map((weight) => ({
    baseline: BASELINE,
    variant,
    better: 'lower' as const,
    threshold: 0.02,
    weight,
  }));
  const alone = (weight: number) =>
    compareRounds([{ ...(family[0] as (typeof family)[0]), weight }], 1)[0]?.verdict;
  assert.deepEqual([alone(0.1), alone(0.8)], ['slower', 'slower']);
  const unlike = family.map((each, i) =>
    i === 2 ? each : { ...each, variant: i === 0 ? each.variant : BASELINE },
  );
  const [heavy, , light] = compareRounds(unlike, 1);
  assert.equal(heavy?.adjustedP, (heavy?.p as number) / 0.8);
  assert.ok((light?.detectable as number) > (heavy?.detectable as number));
});

test('a variant identical to the baseline has ratio 1, p 1 and no difference', () => {
  const [same] = compareVariants(BASELINE, [BASELINE]);
  assert.deepEqual(
    [same?.ratio, same?.interval, same?.bootstrap, same?.p, same?.verdict],
    [1, { low: 1, high: 1 }, { low: 1, high: 1 }, 1, 'no difference detected'],
  );
  assertClose(same?.detectable as number, 1.02);
});

test('a value of 0 is rejected because it has no ratio', () => {
  assert.throws(() => compareVariants([1, 2], [[1, 0]]), /ratio between 0 and/);
});
