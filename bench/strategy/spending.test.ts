import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeptCalibration } from '../../test/calibration.ts';
import { spendingOf } from './spending.ts';

const STEPS = ['throughput', 'latency'];

test('a budget is divided as the calibration suggests, in whole blocks of turns', () => {
  const kept = makeKeptCalibration();
  const spending = spendingOf(kept, STEPS, 600_000, 10);
  assert.ok(spending !== null && spending.rounds >= 10);
  // A block has two turns of 250 ms, with a pause of 5 ms each.
  assert.equal(spending.durationMs % 490, 0);
  const more = kept.spread.map((each) => ({
    ...each,
    components: each.components === null ? null : { ...each.components, round: 0.0001 },
  }));
  const longer = spendingOf({ ...kept, spread: more }, STEPS, 600_000, 10);
  assert.ok(longer !== null && longer.durationMs > spending.durationMs && longer.rounds < spending.rounds);
});

test('nothing is suggested if the calibration says too little, or the budget is too small', () => {
  const kept = makeKeptCalibration();
  const bare = kept.spread.map((each) => ({ ...each, components: null }));
  assert.equal(spendingOf({ ...kept, spread: bare }, STEPS, 600_000, 10), null);
  assert.equal(spendingOf({ ...kept, costs: [] }, STEPS, 600_000, 10), null);
  assert.equal(spendingOf(kept, STEPS, 60_000, 10), null);
});
