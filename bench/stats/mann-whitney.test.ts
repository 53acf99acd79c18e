import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose } from './assert.test.fixture.ts';
import { rankSumP, rejectedSums } from './mann-whitney.ts';

test("exact p, no ties: Hollander and Wolfe's membranes, the example of R's wilcox.test", () => {
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const earlier = [1.15, 0.88, 0.9, 0.74, 1.21];
  assertClose(rankSumP(term, earlier), 2 * 0.1272061272061272); // R prints the one-sided p, 0.1272
});

test("52 values with ties, normal approximation: May and August ozone, R's p = 0.0001208", () => {
  const may = [
    41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37,
  ];
  const august = [
    39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
  ];
  assertClose(rankSumP(may, august), 0.00012080783076877434);
});

test('samples that cannot differ have p = 1', () => {
  assert.equal(rankSumP([], []), 1);
  assert.equal(rankSumP([1, 2], []), 1);
  assert.equal(rankSumP([3, 3, 3], [3, 3]), 1);
  assert.equal(rankSumP(new Array<number>(30).fill(2), new Array<number>(30).fill(2)), 1);
});

test('p is 1 if the rank sums of many values are equal, and never more', () => {
  const values = Array.from({ length: 52 }, (_, i) => i);
  const isOuter = (i: number) => i % 4 === 0 || i % 4 === 3;
  assert.equal(
    rankSumP(
      values.filter(isOuter),
      values.filter((i) => !isOuter(i)),
    ),
    1,
  );
});

test('p is exact up to 50 values; with more, the smallest p is that of the normal approximation', () => {
  const apart = (low: number, high: number) =>
    rankSumP(
      Array.from({ length: low }, (_, i) => i),
      Array.from({ length: high }, (_, i) => 100 + i),
    );
  const choices = Array.from({ length: 25 }, (_, i) => (26 + i) / (1 + i)).reduce((all, each) => all * each);
  assertClose(apart(25, 25) * choices, 2, 1e-9);
  const p = apart(25, 26);
  assert.ok(p > 1e-10 && p < 1e-9, String(p));
});

const sample = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });

test('p is the share of all divisions of the values that are at least as uneven, with any ties', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const all = [...a, ...b];
      // Mann and Whitney's U: how often a chosen value exceeds another one, with ties counting half.
      const unevenness = (chosen: number[]) => {
        const others = all.map((_, i) => i).filter((i) => !chosen.includes(i));
        const wins = chosen.flatMap((i) =>
          others.map((j) => (Math.sign((all[i] as number) - (all[j] as number)) + 1) / 2),
        );
        return Math.abs(wins.reduce((sum, win) => sum + win, 0) - wins.length / 2);
      };
      const choices = Array.from({ length: 2 ** all.length }, (_, bits) =>
        all.map((_, i) => i).filter((i) => (bits >> i) & 1),
      ).filter((chosen) => chosen.length === a.length);
      const observed = unevenness(a.map((_, i) => i));
      const extreme = choices.filter((chosen) => unevenness(chosen) >= observed);
      assertClose(rankSumP(a, b), extreme.length / choices.length);
    }),
    { numRuns: 60 },
  );
});

test('p is the same from either side, and does not change if both samples are shifted', () => {
  fc.assert(
    fc.property(sample, sample, fc.integer({ min: -100, max: 100 }), (a, b, shift) => {
      assertClose(rankSumP(b, a), rankSumP(a, b));
      assertClose(
        rankSumP(
          a.map((x) => x + shift),
          b.map((x) => x + shift),
        ),
        rankSumP(a, b),
      );
    }),
  );
});

test('as many of the lowest sums are rejected as the tables of critical values say', () => {
  for (const [a, b, critical] of [
    [4, 4, 0],
    [5, 5, 2],
    [5, 8, 6],
    [8, 8, 13],
    [10, 10, 23],
    [20, 20, 127],
  ] as const)
    assert.equal(rejectedSums(a, b, 0.05), critical + 1, `${a} and ${b}`);
  for (const [a, b] of [
    [0, 9],
    [1, 9],
    [3, 3],
  ] as const)
    assert.equal(rejectedSums(a, b, 0.05), 0);
  // A p-value that equals the level is not rejected: 2 of the 20 choices of three.
  assert.deepEqual([rejectedSums(3, 3, 0.1), rejectedSums(3, 3, 0.1001)], [0, 1]);
  assert.deepEqual(
    [rejectedSums(25, 25, 0.05), rejectedSums(25, 26, 0.05), rejectedSums(30, 30, 0.01)],
    [212, 221, 276],
  );
});
