import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocate } from './allocation.ts';
import { roundVariance } from './components.ts';
import { detectableFactor } from './detectable.ts';

const amount = fc.double({ min: 0.1, max: 10, noNaN: true });

const aimOf = (least: number) => ({ least, comparisons: 1 });

test('no other number of blocks within the budget detects a smaller effect, and the budget is kept', () => {
  fc.assert(
    fc.property(
      fc.record({ turn: amount, block: amount, round: amount }),
      fc.record({ fixedMs: amount, perMeasuredMs: amount }),
      fc.integer({ min: 50, max: 1000 }),
      fc.integer({ min: 1, max: 30 }),
      (components, cost, budgetMs, blocks) => {
        const found = allocate([{ components, turnMs: 0.5 }], cost, budgetMs, aimOf(7), 30);
        const rounds = Math.floor(budgetMs / (cost.fixedMs + blocks * cost.perMeasuredMs));
        if (rounds < 7) return;
        assert.ok(found !== null && found.rounds >= 7);
        assert.ok(found.rounds * (cost.fixedMs + found.measuredMs * cost.perMeasuredMs) <= budgetMs);
        const detectable = (r: number, m: number) =>
          detectableFactor(r, 1) * Math.sqrt(roundVariance(components, m, 2 * m));
        assert.ok(detectable(found.rounds, found.measuredMs) <= detectable(rounds, blocks) + 1e-12);
      },
    ),
    { numRuns: 50 },
  );
});

test('with a large budget, the number of blocks is that of the formula', () => {
  const components = { turn: 8, block: 0, round: 1 };
  // √(9 × 4 ÷ (1 × 1)) = 6 blocks of two turns
  const found = allocate(
    [{ components, turnMs: 250 }],
    { fixedMs: 4500, perMeasuredMs: 1 },
    1e9,
    aimOf(10),
    1e5,
  );
  assert.equal(found?.measuredMs, 6 * 2 * 250);
});

test('variance between rounds leads to more rounds, variance between turns to more turns', () => {
  const cost = { fixedMs: 10_000, perMeasuredMs: 2 };
  const of = (turn: number, round: number, budgetMs = 1e6) =>
    allocate([{ components: { turn, block: 0, round }, turnMs: 250 }], cost, budgetMs, aimOf(10), 15_000);
  const [byRounds, byTurns] = [of(1, 10), of(10, 0.01)];
  assert.ok((byRounds?.rounds ?? 0) > (byTurns?.rounds ?? 0));
  assert.ok((byRounds?.measuredMs ?? 0) < (byTurns?.measuredMs ?? 0));
  assert.equal(of(1, 1, 100_000), null);
});

test('the least precise of several metrics decides', () => {
  const cost = { fixedMs: 10_000, perMeasuredMs: 2 };
  const many = { components: { turn: 10, block: 0, round: 0.01 }, turnMs: 250 };
  const few = { components: { turn: 1e-4, block: 0, round: 1e-4 }, turnMs: 250 };
  const both = allocate([many, few], cost, 1e6, aimOf(10), 15_000);
  assert.deepEqual(both, allocate([many], cost, 1e6, aimOf(10), 15_000));
});

test('few rounds are avoided if the test needs a larger effect with them, even if their variance is smaller', () => {
  // 8 rounds of 2 blocks or 12 rounds of 1: their means have variances of 2 ÷ 8 and 4 ÷ 12.
  const metric = { components: { turn: 8, block: 0, round: 0 }, turnMs: 500 };
  const found = allocate(
    [metric],
    { fixedMs: 1, perMeasuredMs: 0.001 },
    24,
    { least: 7, comparisons: 2 },
    2000,
  );
  assert.deepEqual(found, { rounds: 8, measuredMs: 2000 });
  const strict = allocate(
    [metric],
    { fixedMs: 1, perMeasuredMs: 0.001 },
    24,
    { least: 7, comparisons: 4 },
    2000,
  );
  assert.deepEqual(strict, { rounds: 12, measuredMs: 1000 });
});

test('the metric with the largest detectable effect decides, in blocks of the longest turns', () => {
  const quick = { components: { turn: 0.01, block: 0.001, round: 0.0004 }, turnMs: 250 };
  const rough = { components: { turn: 0.02, block: 0, round: 0.0001 }, turnMs: 500 };
  const cost = { fixedMs: 7000, perMeasuredMs: 2 };
  const aim = { least: 10, comparisons: 4 };
  assert.deepEqual(allocate([quick], cost, 600_000, aim, 15_000), { rounds: 35, measuredMs: 5000 });
  assert.deepEqual(allocate([quick, rough], cost, 600_000, aim, 15_000), { rounds: 18, measuredMs: 13_000 });
  assert.deepEqual(allocate([quick, rough], cost, 600_000, aim, 1000), { rounds: 66, measuredMs: 1000 });
  assert.equal(allocate([quick, rough], cost, 600_000, aim, 999), null);
  // Ten rounds of one block take 80 s.
  assert.deepEqual(allocate([quick], cost, 80_000, aim, 15_000), { rounds: 10, measuredMs: 500 });
  assert.equal(allocate([quick], cost, 79_999, aim, 15_000), null);
  assert.equal(allocate([quick], cost, 600_000, aim, 499), null);
});
