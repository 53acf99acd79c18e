import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocate } from './allocation.ts';
import { roundVariance } from './components.ts';

const amount = fc.double({ min: 0.1, max: 10, noNaN: true });

test('no other number of blocks is more precise within the budget, and the budget is kept', () => {
  fc.assert(
    fc.property(
      fc.record({ turn: amount, block: amount, round: amount }),
      fc.record({ fixedMs: amount, perMeasuredMs: amount }),
      fc.integer({ min: 50, max: 1000 }),
      fc.integer({ min: 1, max: 30 }),
      (components, cost, budgetMs, blocks) => {
        const found = allocate([{ components, turnMs: 0.5 }], cost, budgetMs, 5, 30);
        const rounds = Math.floor(budgetMs / (cost.fixedMs + blocks * cost.perMeasuredMs));
        if (rounds < 5) return;
        assert.ok(found !== null && found.rounds >= 5);
        assert.ok(found.rounds * (cost.fixedMs + found.measuredMs * cost.perMeasuredMs) <= budgetMs);
        const variance = (r: number, m: number) => roundVariance(components, m, 2 * m) / r;
        assert.ok(variance(found.rounds, found.measuredMs) <= variance(rounds, blocks) + 1e-12);
      },
    ),
    { numRuns: 200 },
  );
});

test('with a large budget, the number of blocks is that of the formula', () => {
  const components = { turn: 8, block: 0, round: 1 };
  // √(9 × 4 ÷ (1 × 1)) = 6 blocks of two turns
  const found = allocate([{ components, turnMs: 250 }], { fixedMs: 4500, perMeasuredMs: 1 }, 1e9, 10, 1e5);
  assert.equal(found?.measuredMs, 6 * 2 * 250);
});

test('variance between rounds calls for rounds, variance between turns for turns', () => {
  const cost = { fixedMs: 10_000, perMeasuredMs: 2 };
  const of = (turn: number, round: number, budgetMs = 1e6) =>
    allocate([{ components: { turn, block: 0, round }, turnMs: 250 }], cost, budgetMs, 10, 15_000);
  const [byRounds, byTurns] = [of(1, 10), of(10, 0.01)];
  assert.ok((byRounds?.rounds ?? 0) > (byTurns?.rounds ?? 0));
  assert.ok((byRounds?.measuredMs ?? 0) < (byTurns?.measuredMs ?? 0));
  assert.equal(of(1, 1, 100_000), null);
});

test('of several metrics, the least precise decides', () => {
  const cost = { fixedMs: 10_000, perMeasuredMs: 2 };
  const many = { components: { turn: 10, block: 0, round: 0.01 }, turnMs: 250 };
  const few = { components: { turn: 1e-4, block: 0, round: 1e-4 }, turnMs: 250 };
  const both = allocate([many, few], cost, 1e6, 10, 15_000);
  assert.deepEqual(both, allocate([many], cost, 1e6, 10, 15_000));
});
