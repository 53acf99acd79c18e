import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientContext } from './client.ts';
import { makeComeback } from './comeback.ts';
import type { Session } from './session.ts';

/** Sets up everything except connections: `connect` only counts, and delays take no time. */
function scene() {
  const counts: Record<string, number> = {};
  let connects = 0;
  let waiting = () => 0;
  const recorder = {
    at() {},
    record() {},
    count: (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1;
    },
    level: (_name: string, read: () => number) => {
      waiting = read;
    },
  };
  const context = {
    clock: () => 0,
    recorder,
    plan: { seed: 1, workload: { options: { reconnect: 'immediate' } } },
    worker: 0,
    callAt: (_us: number, call: () => void) => call(),
    connect: () => {
      connects++;
    },
  } as unknown as ClientContext;
  const comeback = makeComeback<object>(context);
  const cut = (count: number) => {
    for (let id = 0; id < count; id++) comeback.cut({ id, state: {} } as Session<object>, 0);
  };
  return { comeback, cut, counts, connects: () => connects, waiting: () => waiting() };
}

test('clients that return together start a few handshakes per event loop iteration, and eventually all', async () => {
  const { cut, counts, connects, waiting } = scene();
  cut(100);
  assert.deepEqual([connects(), waiting()], [0, 100]);
  const perTurn: number[] = [];
  for (let before = 0; connects() < 100; before = connects()) {
    await nextTurn();
    perTurn.push(connects() - before);
  }
  assert.equal(
    perTurn.reduce((sum, each) => sum + each),
    100,
  );
  assert.ok(Math.max(...perTurn) <= 16);
  assert.deepEqual([counts.cut, counts.attempts], [100, 100]);
});

test('no further handshake starts after stop', async () => {
  const { comeback, cut, connects } = scene();
  cut(40);
  await nextTurn();
  const started = connects();
  comeback.stop();
  await nextTurn();
  await nextTurn();
  assert.equal(connects(), started);
});
