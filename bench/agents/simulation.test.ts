import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulation.bench.ts';

test('the runner merges what many agents report, and misses none of it', () => {
  const { recordings, sent, faults } = simulate(100, 12, 50);
  assert.equal(recordings, 1_200);
  assert.deepEqual(sent, { merged: 60_000, told: 60_000 });
  assert.deepEqual(faults, []);
});
