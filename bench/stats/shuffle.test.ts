import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../model/random.ts';
import { roundOrder, shuffled } from './shuffle.ts';

test('an order contains every variant once, and the input is not modified', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(100), fc.nat(2 ** 32 - 1), (variants, round, seed) => {
      const before = [...variants];
      const order = roundOrder(variants, round, seed);
      assert.deepEqual(variants, before);
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        variants.toSorted((a, b) => a - b),
      );
    }),
  );
});

const VARIANTS = ['a', 'b', 'c', 'd'];

/** Counts how often each of the 24 orders of four items occurs. */
function counts(orders: readonly string[][]): number[] {
  const byOrder = new Map<string, number>();
  for (const order of orders) byOrder.set(order.join(''), (byOrder.get(order.join('')) ?? 0) + 1);
  assert.equal(byOrder.size, 24);
  return [...byOrder.values()];
}

/** Pearson's chi-squared test; with 23 degrees of freedom, chance exceeds 49.7 once in a thousand times. */
function assertEvenlySpread(observed: number[]): void {
  const expected = observed.reduce((sum, count) => sum + count) / observed.length;
  const chiSquared = observed.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquared < 49.7, `chi-squared ${chiSquared}`);
}

test('every order is equally frequent: in one sequence, over the rounds of a seed, and over seeds', () => {
  const times = Array.from({ length: 12_000 }, (_, i) => i);
  const random = randomFrom(1);
  assertEvenlySpread(counts(times.map(() => shuffled(VARIANTS, random))));
  assertEvenlySpread(counts(times.map((round) => roundOrder(VARIANTS, round, 42))));
  assertEvenlySpread(counts(times.map((seed) => roundOrder(VARIANTS, 3, seed))));
});

test('every second round reverses the order of the previous one, so each variant is early as often as late', () => {
  for (let round = 1; round < 50; round += 2)
    assert.deepEqual(roundOrder(VARIANTS, round + 1, 42), roundOrder(VARIANTS, round, 42).toReversed());
});

test('one pair of rounds does not predict the next: every pair of orders is equally frequent', () => {
  const pairs = Array.from({ length: 8_000 }, (_, i) => i).map((round) =>
    [1, 3].map((ahead) => roundOrder(['a', 'b'], 2 * round + ahead, 7)[0]).join(''),
  );
  for (const pair of ['aa', 'ab', 'ba', 'bb']) {
    const share = pairs.filter((other) => other === pair).length / pairs.length;
    assert.ok(Math.abs(share - 0.25) < 0.02, `${pair}: ${share}`);
  }
});

test('the same seed and round give the same, fixed order, so that a stored seed remains reproducible', () => {
  const orders = (seed: number) => [1, 2, 3, 4].map((round) => roundOrder(VARIANTS, round, seed).join(''));
  assert.deepEqual(orders(42), orders(42));
  assert.notDeepEqual(orders(42), orders(43));
  assert.deepEqual(orders(42), ['cbad', 'dabc', 'dbca', 'acbd']);
});
