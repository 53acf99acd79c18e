import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excessOf, type SharedLoad } from './limits.ts';

const NONE = { connections: null, ratePerSecond: null };
const OPEN: SharedLoad = {
  connections: 1000,
  workers: 4,
  workload: { load: { kind: 'open', ratePerSecond: 500, arrivals: 'uniform' } },
};

test('an agent compares its share of a run with its limits, and names the one that is exceeded', () => {
  assert.equal(excessOf(OPEN, 1, NONE), null);
  assert.equal(excessOf(OPEN, 1, { connections: 250, ratePerSecond: 125 }), null);
  assert.match(excessOf(OPEN, 1, { connections: 249, ratePerSecond: 125 }) ?? '', /--max-connections.*250/);
  assert.match(excessOf(OPEN, 1, { connections: 250, ratePerSecond: 124 }) ?? '', /--max-rate.*125/);
  assert.match(excessOf(OPEN, 2, { connections: 250, ratePerSecond: null }) ?? '', /500/);
  // One worker has a connection more than the others if they cannot be divided evenly.
  assert.match(excessOf({ ...OPEN, connections: 1001 }, 1, { ...NONE, connections: 250 }) ?? '', /251/);
});

test('a closed loop has no rate to limit', () => {
  const closed: SharedLoad = { ...OPEN, workload: { load: { kind: 'closed', inFlight: 1 } } };
  assert.equal(excessOf(closed, 1, { ...NONE, connections: 250 }), null);
  assert.match(excessOf(closed, 1, { ...NONE, ratePerSecond: 1e6 }) ?? '', /closed loop.*--steps/);
  // Without a load, the connections of an agent are idle.
  assert.equal(excessOf({ ...OPEN, workload: { load: null } }, 1, { ...NONE, ratePerSecond: 1 }), null);
});
