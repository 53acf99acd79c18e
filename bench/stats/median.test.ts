import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { type Atom, bootstrapMedians, median, percentileInterval } from './median.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 10]), 7);
  assert.equal(median([4]), 4);
  assert.throws(() => median([]), RangeError);
});

/** Lists all resamples of n values out of n. */
function allResamples(values: readonly number[]): number[][] {
  let resamples: number[][] = [[]];
  for (let drawn = 0; drawn < values.length; drawn++)
    resamples = resamples.flatMap((resample) => values.map((value) => [...resample, value]));
  return resamples;
}

function probabilityOf(value: number, atoms: readonly Atom[]): number {
  return atoms.filter((atom) => atom.value === value).reduce((sum, { probability }) => sum + probability, 0);
}

test('the bootstrap distribution of the median equals that of all resamples', () => {
  for (const values of [
    [7],
    [3, 1],
    [1, 4, 2],
    [8, 1, 2, 5],
    [1, 30, 2, 10, 4],
    [11, 1, 2, 5, 31, 70],
    [1, 1, 1, 2, 2],
  ]) {
    const medians = allResamples(values).map(median);
    const atoms = bootstrapMedians(values);
    for (const value of new Set([...medians, ...atoms.map((atom) => atom.value)])) {
      const share = medians.filter((other) => other === value).length / medians.length;
      assert.ok(Math.abs(probabilityOf(value, atoms) - share) < 1e-12, `${value} of ${values}`);
    }
  }
});

test('probabilities are not negative and add up to 1, up to a thousand values', () => {
  for (const n of [1, 2, 9, 10, 51, 100, 999]) {
    const atoms = bootstrapMedians(Array.from({ length: n }, (_, i) => i));
    assertClose(
      atoms.reduce((sum, { probability }) => sum + probability, 0),
      1,
      1e-12,
    );
    assert.ok(atoms.every(({ probability }) => probability > -1e-12));
  }
});

test('the four lowest of 15 values have a probability of 2.55 %, so the interval ranges from the fourth to the twelfth', () => {
  const values = Array.from({ length: 15 }, (_, i) => i + 1);
  const upToFourth = [1, 2, 3, 4].map((value) => probabilityOf(value, bootstrapMedians(values)));
  assertClose(
    upToFourth.reduce((sum, p) => sum + p),
    0.0255,
    0.002,
  );
  assert.deepEqual(percentileInterval(bootstrapMedians(values)), { low: 4, high: 12 });
});

test('random resampling gives the same interval', () => {
  const random = randomFrom(11);
  const values = [0.93, 0.99, 1.01, 1.02, 1.04, 1.05, 1.11, 1.13, 1.2, 1.31];
  const medians = Array.from({ length: 40_000 }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] as number)),
  ).sort((a, b) => a - b);
  assert.deepEqual(percentileInterval(bootstrapMedians(values)), {
    low: medians[1_000],
    high: medians[39_000],
  });
});

test('the interval excludes 2.5 % on either side, and no further atom', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 14 }), (values) => {
      const atoms = bootstrapMedians(values);
      const { low, high } = percentileInterval(atoms);
      const share = (isIn: (value: number) => boolean) =>
        atoms.filter(({ value }) => isIn(value)).reduce((sum, { probability }) => sum + probability, 0);
      assert.ok(share((value) => value < low) < 0.025 && share((value) => value <= low) >= 0.025 - 1e-12);
      assert.ok(share((value) => value > high) < 0.025 && share((value) => value >= high) >= 0.025 - 1e-12);
    }),
  );
});
