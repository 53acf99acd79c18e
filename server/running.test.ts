import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyStats, noneOpen } from './running.ts';

test('nothing has been counted at the start', () => {
  assert.deepEqual(emptyStats(), {
    connections: { open: 0, total: 0 },
    messages: 0,
    bytes: 0,
    httpRequests: 0,
  });
});

test('a server waits for the end of its connections, but not forever', async (t) => {
  const stats = emptyStats();
  let turns = 0;
  const turn = setImmediate;
  t.mock.method(globalThis, 'setImmediate', (run: () => void) => {
    turns++;
    if (turns === 3) stats.connections.open = 0;
    return turn(run);
  });
  await noneOpen(stats);
  assert.equal(turns, 0);
  stats.connections.open = 1;
  await noneOpen(stats);
  assert.equal(turns, 3);
  stats.connections.open = 1;
  await noneOpen(stats);
  assert.equal(turns, 23);
});
