import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose } from './assert.test.fixture.ts';
import { boundOrder, signedRankP, walshAverages, walshInterval } from './wilcoxon.ts';

/** Hollander and Wolfe's depression scores before and after, the example of R's wilcox.test. */
const DEPRESSION = [
  [1.83, 0.878],
  [0.5, 0.647],
  [1.62, 0.598],
  [2.48, 2.05],
  [1.68, 1.06],
  [1.88, 1.29],
  [1.55, 1.06],
  [3.06, 3.14],
  [1.3, 1.29],
].map(([before, after]) => (before as number) - (after as number));

test('exact p, no ties: the published examples', () => {
  assertClose(signedRankP(DEPRESSION), 2 * 0.01953125); // R prints the one-sided p, 0.01953
  const darwin = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]; // Cureton 1967
  assertClose(signedRankP(darwin), 0.041259765625);
});

test('exact p with ties and zeros: SciPy, zero_method="pratt", all permutations', () => {
  assertClose(signedRankP([-4, 10, -5, 7, -3, 17, 14, 5, 15, 10]), 0.03125);
  assertClose(signedRankP([-1, -2, -3, -4, -5, -6, 5, 8, 0, 0]), 0.4140625);
  const weights = [136, 103, 91, 122, 96, 145, 140, 138, 126, 120, 99, 125, 91, 142, 119, 137];
  assertClose(signedRankP(weights.map((weight) => weight - 119)), 0.69549560546875);
});

test('60 differences with ties and zeros, normal approximation: SciPy, "pratt", correction', () => {
  const differences = Array.from({ length: 60 }, (_, i) => Math.floor((((i + 1) * 37) % 61) / 3) - 8);
  assertClose(signedRankP(differences), 0.026545618786996482);
});

test('p is 1 without rounds, or if none of them differs', () => {
  for (const differences of [[], [0], [0, 0, 0, 0, 0, 0, 0], new Array<number>(60).fill(0)])
    assert.equal(signedRankP(differences), 1);
});

test('p is 1 if positive and negative ranks are equal, also of many rounds', () => {
  for (const count of [4, 52]) {
    const signs = [1, -1, -1, 1];
    const differences = Array.from({ length: count }, (_, i) => (i + 1) * (signs[i % 4] ?? 0));
    assert.equal(signedRankP(differences), 1);
  }
});

test('the smallest p with n rounds is 2 × ½ⁿ, so six are needed for .05', () => {
  for (let n = 1; n <= 50; n++)
    assertClose(signedRankP(Array.from({ length: n }, (_, i) => 1 + i / 100)), 2 ** (1 - n));
});

test('with 51 rounds, the normal approximation is used, whose smallest p is much larger', () => {
  const p = signedRankP(Array.from({ length: 51 }, (_, i) => 1 + i / 100));
  assert.ok(p > 1e-10 && p < 1e-9, String(p));
});

test('a difference of 1e-9 counts, with its sign; a smaller one is none', () => {
  assert.equal(signedRankP([1e-9, 1e-9, 1e-9, 1e-9, 1e-9, -1e-9]), (2 * (1 + 6)) / 2 ** 6);
  assert.equal(signedRankP([0.9e-9, 0.9e-9, 0.9e-9, 0.9e-9, 0.9e-9, 0.9e-9]), 1);
});

test('a p-value that equals the level is not rejected', () => {
  assert.deepEqual([boundOrder(6, 2 / 2 ** 6), boundOrder(6, 2.001 / 2 ** 6)], [0, 1]);
});

const smallDifferences = fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 9 });

test('p is the share of all sign patterns that are at least as one-sided, with any ties and zeros', () => {
  fc.assert(
    fc.property(smallDifferences, (differences) => {
      const ranks = differences.map((d) => {
        const below = differences.filter((other) => Math.abs(other) < Math.abs(d)).length;
        return below + (differences.filter((other) => Math.abs(other) === Math.abs(d)).length + 1) / 2;
      });
      const nonzero = ranks.filter((_, i) => differences[i] !== 0);
      const oneSidedness = (isPositive: (i: number) => boolean) =>
        Math.abs(nonzero.reduce((sum, rank, i) => sum + (isPositive(i) ? rank : -rank), 0));
      const signs = differences.filter((d) => d !== 0);
      const observed = oneSidedness((i) => (signs[i] as number) > 0);
      const patterns = Array.from({ length: 2 ** nonzero.length }, (_, p) => p);
      const extreme = patterns.filter((p) => oneSidedness((i) => ((p >> i) & 1) === 1) >= observed);
      assertClose(signedRankP(differences), extreme.length / patterns.length);
    }),
  );
});

test('p is the same for the other direction, another scale and another order of rounds', () => {
  fc.assert(
    fc.property(smallDifferences, fc.double({ min: 0.01, max: 100, noNaN: true }), (differences, scale) => {
      const p = signedRankP(differences);
      assert.equal(signedRankP(differences.map((d) => -d)), p);
      assert.equal(signedRankP(differences.map((d) => d * scale)), p);
      assert.equal(signedRankP(differences.toReversed()), p);
    }),
  );
});

test('the interval starts one above the critical value in the tables', () => {
  const critical05 = {
    6: 0,
    7: 2,
    8: 3,
    9: 5,
    10: 8,
    11: 10,
    12: 13,
    13: 17,
    14: 21,
    15: 25,
    20: 52,
    25: 89,
    50: 434,
  };
  for (const [rounds, critical] of Object.entries(critical05))
    assert.equal(boundOrder(Number(rounds), 0.05), critical + 1, `${rounds} rounds`);
  const critical01 = { 8: 0, 9: 1, 10: 3, 11: 5, 12: 7, 15: 15, 20: 37, 25: 68, 50: 373 };
  for (const [rounds, critical] of Object.entries(critical01))
    assert.equal(boundOrder(Number(rounds), 0.01), critical + 1, `${rounds} rounds`);
  for (const rounds of [0, 1, 5]) assert.equal(boundOrder(rounds, 0.05), 0);
});

test('beyond 50 rounds, the approximation gives the exact order or the next one', () => {
  for (const [rounds, exact] of [
    [51, 454],
    [60, 649],
    [80, 1212],
    [100, 1956],
  ] as const)
    assert.ok(Math.abs(boundOrder(rounds, 0.05) - exact) <= 1, `${rounds} rounds`);
});

test('the interval of the depression scores agrees with R: 0.010 to 0.786', () => {
  const { low, high } = walshInterval(walshAverages(DEPRESSION), boundOrder(9, 0.05));
  assertClose(low, 0.01);
  assertClose(high, 0.786);
});

test('the interval excludes a shift if and only if the test rejects it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 6, maxLength: 14 }),
      fc.integer({ min: -1e6, max: 1e6 }),
      (values, centre) => {
        const shift = centre + 1 / 3; // never a Walsh average of whole numbers: no zeros, no ties
        const { low, high } = walshInterval(walshAverages(values), boundOrder(values.length, 0.05));
        const isRejected = signedRankP(values.map((value) => value - shift)) < 0.05;
        assert.equal(low > shift || high < shift, isRejected);
      },
    ),
  );
});
