import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { rankSumP, rejectedSums } from './mann-whitney.ts';
import { compareSets, type FigureSets } from './unpaired-comparison.ts';

const FIGURE = { better: 'lower', threshold: 0.02, weight: 1 } as const;

function sets(count: number, effect: number, normal: () => number, scatter = 0.03): FigureSets {
  const runs = (centre: number) => Array.from({ length: count }, () => centre * Math.exp(scatter * normal()));
  return { ...FIGURE, baseline: runs(100), variant: runs(100 * effect) };
}

test('the number of rejected rank sums is the critical value in published tables plus one', () => {
  // Critical values of Mann and Whitney's U, two-sided α = .05: Siegel, "Nonparametric Statistics", table K.
  const critical = [
    [4, 4, 0],
    [5, 5, 2],
    [6, 6, 5],
    [8, 10, 17],
    [10, 10, 23],
    [20, 20, 127],
  ] as const;
  for (const [a, b, u] of critical) assert.equal(rejectedSums(a, b, 0.05), u + 1, `${a}, ${b}`);
  assert.equal(rejectedSums(1, 1, 0.05), 0);
  assert.equal(rejectedSums(3, 3, 0.05), 0);
});

test('beyond the exact distribution, the number of rejected sums agrees with the test’s approximation', () => {
  const [a, b] = [30, 25];
  const order = rejectedSums(a, b, 0.05);
  // The sample has the lowest values, except for one that is `above` ranks higher.
  const p = (above: number) => {
    const low = Array.from({ length: a }, (_, i) => (i === a - 1 ? i + above + 0.5 : i));
    const high = Array.from({ length: b }, (_, i) => a - 1 + i + 1);
    return rankSumP(low, high);
  };
  assert.ok(order > b && p(b) < 0.05);
});

test('completely separated runs are a difference, whose direction depends on whether lower or higher is better', () => {
  const baseline = [100, 101, 102, 103, 104];
  const variant = [110, 111, 112, 113, 114];
  const [lower, higher] = compareSets(
    [
      { ...FIGURE, baseline, variant },
      { ...FIGURE, better: 'higher', baseline, variant },
    ],
    1,
  );
  assert.deepEqual([lower?.verdict, higher?.verdict], ['slower', 'faster']);
  assertClose(lower?.ratio ?? 0, 112 / 102);
  assertClose(lower?.p ?? 0, 2 / 252);
  assertClose(lower?.adjustedP ?? 0, 4 / 252);
});

test('one or three runs per side are too few; without runs on a side there is no comparison', () => {
  const [one, three, none] = compareSets(
    [
      { ...FIGURE, baseline: [100], variant: [200] },
      { ...FIGURE, baseline: [1, 2, 3], variant: [4, 5, 6] },
      { ...FIGURE, baseline: [], variant: [1] },
    ],
    1,
  );
  assert.deepEqual([one?.verdict, one?.interval, one?.detectable], ['too few rounds', null, null]);
  assertClose(one?.ratio ?? 0, 2);
  assert.equal(three?.verdict, 'too few rounds');
  assert.equal(none, null);
});

test('a metric’s share of the permitted false positive rate decides whether its runs are enough', () => {
  const four = { ...FIGURE, baseline: [1, 2, 3, 4], variant: [5, 6, 7, 8] };
  const verdicts = (...weights: number[]) => {
    const family = weights.map((weight) => ({ ...four, weight }));
    return compareSets(family, null).map((each) => each?.verdict);
  };
  assert.deepEqual(verdicts(1), ['slower']);
  assert.deepEqual(verdicts(1, 1), ['too few rounds', 'too few rounds']);
  assert.deepEqual(verdicts(3, 1), ['slower', 'too few rounds']);
  const [first] = compareSets([four, { ...four, variant: [] }], null);
  assertClose(first?.adjustedP ?? 0, 4 / 70);
});

test('a difference below the threshold does not count, however certain it is', () => {
  const [effect] = compareSets([sets(30, 1.01, normalFrom(randomFrom(3)), 0.0001)], 1);
  assert.ok((effect?.p ?? 1) < 1e-6);
  assert.equal(effect?.verdict, 'no difference detected');
});

test('of 1,000 comparisons of a variant with itself, at most 5 % find a difference in any metric', () => {
  const normal = normalFrom(randomFrom(97));
  let found = 0;
  for (let i = 0; i < 1000; i++) {
    const family = [1, 1, 1].map((weight) => ({ ...sets(8, 1, normal), weight }));
    const verdicts = compareSets(family, null).map((each) => each?.verdict);
    assert.ok(!verdicts.includes('too few rounds'));
    if (verdicts.some((verdict) => verdict !== 'no difference detected')) found++;
  }
  assert.ok(found <= 50 + 3 * Math.sqrt(1000 * 0.05 * 0.95) && found > 5, String(found));
});

test('the smallest detectable effect is found in about 80 % of comparisons', () => {
  const normal = normalFrom(randomFrom(5));
  const [known] = compareSets([sets(30, 1, normal)], 1);
  assert.ok(known?.detectable);
  // Median of several estimates for runs with 3 % scatter, because each estimate is rough.
  const estimates = Array.from(
    { length: 25 },
    (_, seed) => compareSets([sets(10, 1, normal)], seed)[0]?.detectable ?? 0,
  ).sort((x, y) => x - y);
  const detectable = estimates[12] as number;
  const tries = 400;
  const verdicts = Array.from(
    { length: tries },
    () => compareSets([sets(10, detectable, normal)], null)[0]?.verdict,
  );
  const found = verdicts.filter((verdict) => verdict === 'slower').length / tries;
  assert.ok(found > 0.68 && found < 0.92, `${found} at ${detectable}`);
  assert.ok(known.detectable < detectable);
});

test('if all runs but a few are alike, the smallest detectable effect follows from those few', () => {
  const detectable = (baseline: readonly number[], variant: readonly number[]) =>
    compareSets([{ ...FIGURE, baseline, variant }], 1)[0]?.detectable ?? 0;
  const alike = (count: number, centre = 100) => Array<number>(count).fill(centre);
  assertClose(detectable(alike(10), alike(10, 200)), 1.02);
  // In a third of all comparisons, the median of the differences is above 0 by chance. A smaller effect is then
  // enough, and no comparison needs more than the threshold.
  assertClose(detectable([...alike(6), ...alike(4, 90)], alike(10)), 1.02);
  // A resample contains the low run at least twice in 26 % of comparisons, and three times in 7 %. With nine runs
  // on each side, the test tolerates it once.
  const widened = (10 / 9) ** Math.sqrt(9 / 8);
  assertClose(detectable(alike(9), [...alike(8), 90]), widened);
  assertClose(detectable(alike(10), [...alike(8), 90]), 1.02);
  // Of two runs, both are the low one in 25 % of comparisons. The effect then has to raise both above the threshold.
  assertClose(detectable(alike(8), [100, 90]), 1.02 * (10 / 9) ** Math.SQRT1_2);
});

test('the comparison of two sets, as a whole', () => {
  const [baseline, variant] = [
    [100, 103, 98, 101, 105, 99, 97, 102],
    [108, 111, 104, 109, 113, 107, 103, 110],
  ];
  const found = compareSets(
    [
      { ...FIGURE, weight: 2, baseline, variant },
      { ...FIGURE, better: 'higher', baseline: variant, variant: baseline },
    ],
    5,
  );
  for (const [at, [ratio, low, high, detectable]] of (
    [
      [1.0769299355072635, 1.04, 1.1111111111111116, 1.0628142150278634],
      [0.9285655148298693, 0.9, 0.9615384615384621, 1.0526181157292402],
    ] as const
  ).entries()) {
    const each = found[at] ?? assert.fail();
    assert.equal(each.verdict, 'slower');
    assertClose(each.ratio, ratio);
    assertClose(each.interval?.low ?? 0, low);
    assertClose(each.interval?.high ?? 0, high);
    assertClose(each.detectable ?? 0, detectable);
    assertClose(each.p, 10 / 12_870);
    assertClose(each.adjustedP, 15 / 12_870);
  }
});
