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
