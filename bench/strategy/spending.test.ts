import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeptCalibration } from '../../test/calibration.ts';
import { spendingOf } from './spending.ts';

const STEPS = ['throughput', 'latency'];

test('a budget is divided based on the calibration, in whole blocks of turns', () => {
  const kept = makeKeptCalibration();
  const spending = spendingOf(kept, 1, STEPS, 600_000);
  assert.ok(spending !== null && spending.rounds >= 10);
  // A block has two turns of 250 ms, with a pause of 5 ms each.
  assert.equal(spending.durationMs % 490, 0);
  const more = kept.spread.map((each) => ({
    ...each,
    components: each.components === null ? null : { ...each.components, round: 0.0001 },
  }));
  const longer = spendingOf({ ...kept, spread: more }, 1, STEPS, 600_000);
  assert.ok(longer !== null && longer.durationMs > spending.durationMs && longer.rounds < spending.rounds);
});

test('nothing is suggested if the calibration says too little, or the budget is too small', () => {
  const kept = makeKeptCalibration();
  const bare = kept.spread.map((each) => ({ ...each, components: null }));
  assert.equal(spendingOf({ ...kept, spread: bare }, 1, STEPS, 600_000), null);
  assert.equal(spendingOf({ ...kept, costs: [] }, 1, STEPS, 600_000), null);
  assert.equal(spendingOf(kept, 1, STEPS, 60_000), null);
});

test('without a calibration, a budget is divided based on assumptions; more variants get fewer or shorter runs', () => {
  const two = spendingOf(null, 1, STEPS, 280_000);
  assert.ok(two !== null && two.rounds >= 10);
  const three = spendingOf(null, 2, STEPS, 600_000);
  const six = spendingOf(null, 1, STEPS, 600_000);
  assert.ok(three !== null && six !== null);
  assert.ok(three.rounds * three.durationMs < six.rounds * six.durationMs);
  // There are no assumptions about steps of other scenarios.
  assert.equal(spendingOf(null, 1, ['storm'], 600_000), null);
});

test('the rounds and their length follow from the variances, the costs of a round, the budget and the variants', () => {
  const cpu = (turn: number, block: number, round: number) => ({
    ...{ name: 'cpuPerMessage.proxy', step: 'throughput', components: { turn, block, round } },
  });
  const p50 = { name: 'response.p50', step: 'latency', components: { turn: 0.05, block: 0, round: 0.04 } };
  const costs = [
    { step: 'throughput', turnMs: 250, fixedMs: 7000 },
    { step: 'latency', turnMs: 500, fixedMs: 9000 },
  ];
  const latency = { step: 'latency', turnMs: 350, fixedMs: 9000 };
  const usual = cpu(0.1, 0.03, 0.02);
  const [throughput] = STEPS as [string];
  type Case = [...Parameters<typeof spendingOf>, rounds: number, durationMs: number];
  const cases: Case[] = [
    [null, 1, STEPS, 600_000, 18, 4410],
    [null, 2, STEPS, 900_000, 18, 4410],
    [null, 1, [throughput], 300_000, 20, 3920],
    [{ spread: [usual, p50], costs }, 1, STEPS, 600_000, 25, 1980],
    [{ spread: [usual, p50], costs }, 3, STEPS, 2_400_000, 50, 1980],
    [{ spread: [usual], costs }, 1, STEPS, 600_000, 17, 4455],
    [{ spread: [usual, { ...p50, name: 'response.p99' }], costs }, 1, STEPS, 600_000, 17, 4455],
    [{ spread: [usual], costs: [...costs.slice(0, 1), latency] }, 1, STEPS, 600_000, 17, 4435],
    [{ spread: [p50], costs }, 1, STEPS, 600_000, 25, 1980],
    [{ spread: [cpu(0.3, 0.1, 0.01)], costs }, 1, [throughput], 600_000, 17, 13_720],
    [{ spread: [cpu(0.3, 0, 0.001)], costs: costs.slice(0, 1) }, 1, [throughput], 600_000, 17, 13_720],
    [{ spread: [usual], costs }, 1, [throughput], 100_000, 10, 1470],
  ];
  for (const [calibration, others, steps, budgetMs, rounds, durationMs] of cases)
    assert.deepEqual(spendingOf(calibration, others, steps, budgetMs), { rounds, durationMs });
  // The assumptions do not include the variation of the latency step.
  assert.equal(spendingOf(null, 1, ['latency'], 600_000), null);
  assert.equal(spendingOf({ spread: [usual], costs: costs.slice(0, 1) }, 1, STEPS, 600_000), null);
});
