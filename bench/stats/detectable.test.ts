import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { detectableFactor, smallestDetectable } from './detectable.ts';
import { effectOf } from './effect.ts';
import { verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

const ONE = { threshold: 0, comparisons: 1 };

test('with six rounds equally far from their median, a shift is detected once it makes all of them positive', () => {
  const detectable = smallestDetectable([-0.05, 0.05, -0.05, 0.05, -0.05, 0.05], ONE, 1);
  assertClose(detectable as number, Math.exp(0.05 * Math.sqrt(6 / 5)));
});

test('rounds without any scatter detect every effect above the threshold', () => {
  assertClose(
    smallestDetectable([0.3, 0.3, 0.3, 0.3, 0.3, 0.3], { ...ONE, threshold: 0.02 }, 1) as number,
    1.02,
  );
});

test('too few rounds for a verdict detect nothing', () => {
  const logs = [0.01, 0.02, 0.04, -0.01, 0, 0.03];
  assert.equal(smallestDetectable(logs.slice(1), ONE, 1), null);
  assert.equal(smallestDetectable(logs, { ...ONE, comparisons: 2 }, 1), null);
  assert.notEqual(smallestDetectable(logs, ONE, 1), null);
});

/** Geometric mean of the detectable effects of 100 comparisons of ten rounds with 5 % normal noise. */
function usuallyDetectable(
  criteria: { threshold: number; comparisons: number },
  normal: () => number,
): number {
  const logs = Array.from({ length: 100 }, (_, seed) => {
    const rounds = Array.from({ length: 10 }, () => 0.05 * normal());
    return Math.log(smallestDetectable(rounds, criteria, seed) as number);
  });
  return Math.exp(logs.reduce((sum, log) => sum + log) / logs.length);
}

test('the detectable effect is detected in about 80 % of comparisons, a smaller one in fewer', () => {
  for (const criteria of [ONE, { threshold: 0.05, comparisons: 1 }, { threshold: 0, comparisons: 4 }]) {
    const normal = normalFrom(randomFrom(17));
    const detectable = usuallyDetectable(criteria, normal);
    const detectedShare = (trueEffect: number) => {
      const verdicts = Array.from({ length: 1_000 }, () => {
        const logs = Array.from({ length: 10 }, () => Math.log(trueEffect) + 0.05 * normal());
        const effect = { ...effectOf(logs), adjustedP: criteria.comparisons * signedRankP(logs) };
        return verdictOn(effect, { better: 'lower', ...criteria });
      });
      return verdicts.filter((verdict) => verdict === 'slower').length / verdicts.length;
    };
    const share = detectedShare(detectable);
    assert.ok(Math.abs(share - 0.8) < 0.06, `${share} at ${detectable}`);
    assert.ok(detectedShare(Math.sqrt(detectable)) < 0.6);
  }
});

test('the same seed gives the same result, another seed nearly the same', () => {
  const logs = [0.01, 0.04, -0.02, 0.05, 0.03, -0.035, 0.022, 0.06, -0.01, 0.047];
  const answers = [1, 2, 3, 4, 5, 6, 7].map((seed) =>
    Math.log(smallestDetectable(logs, ONE, seed) as number),
  );
  assert.equal(Math.log(smallestDetectable(logs, ONE, 1) as number), answers[0]);
  assert.ok(new Set(answers).size > 1);
  for (const answer of answers) assertClose(answer, answers[0] as number, 0.05);
});

test('a shift changes nothing, twice the spread doubles the effect, stricter criteria increase it', () => {
  const logs = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 10, maxLength: 14 });
  fc.assert(
    fc.property(logs, fc.double({ min: -1, max: 1, noNaN: true }), (values, shift) => {
      const detectable = (some: number[], change = {}) =>
        Math.log(smallestDetectable(some, { ...ONE, ...change }, 9) as number);
      const own = detectable(values);
      const within = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-9);
      within(detectable(values.map((value) => value + shift)), own);
      within(detectable(values.map((value) => 2 * value)), 2 * own);
      assert.ok(detectable(values, { threshold: 0.02 }) >= own);
      assert.ok(detectable(values, { comparisons: 4 }) >= own);
    }),
    { numRuns: 5 },
  );
});

test('the effect that normal rounds detect is the factor times their spread, and shrinks with more rounds', () => {
  const normal = normalFrom(randomFrom(23));
  for (const [rounds, comparisons] of [
    [10, 1],
    [12, 2],
  ] as const) {
    const factor = detectableFactor(rounds, comparisons);
    const detected = Array.from({ length: 1_000 }, () => {
      const logs = Array.from({ length: rounds }, () => 0.05 * (factor + normal()));
      const effect = { ...effectOf(logs), adjustedP: comparisons * signedRankP(logs) };
      return verdictOn(effect, { better: 'lower', threshold: 0, comparisons }) === 'slower';
    });
    const share = detected.filter(Boolean).length / detected.length;
    assert.ok(Math.abs(share - 0.8) < 0.06, `${share} with ${rounds} rounds`);
  }
  assert.equal(detectableFactor(6, 2), Number.POSITIVE_INFINITY);
  const factors = [7, 10, 14, 20, 40, 80].map((rounds) => detectableFactor(rounds, 2));
  assert.deepEqual(
    factors,
    factors.toSorted((a, b) => b - a),
  );
  assertClose(detectableFactor(80, 2), detectableFactor(20, 2) / 2);
});

test('the estimates are those of the simulations with their seed', () => {
  const factors = [
    [7, 2, 1.814268464216492],
    [10, 1, 1.0120240472446067],
    [20, 2, 0.7646307059619698],
    [40, 2, 0.7646307059619698 / Math.SQRT2],
  ] as const;
  for (const [rounds, comparisons, factor] of factors) {
    assertClose(detectableFactor(rounds, comparisons), factor, 1e-9);
    assertClose(detectableFactor(rounds, comparisons), factor, 1e-9);
  }
  const logs = [0.01, 0.04, -0.02, 0.05, 0.03, -0.035, 0.022, 0.06, -0.01, 0.047];
  const found = [
    smallestDetectable(logs, ONE, 1),
    smallestDetectable(logs, { threshold: 0.02, comparisons: 3 }, 2),
    smallestDetectable(logs.slice(0, 7), { threshold: 0.02, comparisons: 2 }, 3),
  ];
  for (const [at, expected] of [1.0348515722561127, 1.0441652837408708, 1.0635017877202442].entries())
    assertClose(found[at] ?? 0, expected, 1e-9);
});
