import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SMALL_MACHINE } from './plan.test.fixture.ts';
import {
  connectionPorts,
  connectionsPerAddress,
  connectionsPerNodeProcess,
  type Demand,
  maxWorkerConnections,
  memoryOf,
  webSocketsOfBusiestWorker,
  webSocketsPerHashedWorker,
  webSocketsPerWorker,
  workerConnectionsFor,
} from './reckoning.ts';

test('a process holds as many connections as it may open files, except for 64', () => {
  const limits = [0, 64, 65, 1024];
  const held = [0, 0, 1, 960];
  for (const of of [connectionsPerNodeProcess, maxWorkerConnections])
    assert.deepEqual(
      limits.map((openFilesLimit) => of({ ...SMALL_MACHINE, openFilesLimit })),
      held,
    );
});

test('a worker uses 7/8 of its connections, two for each WebSocket', () => {
  assert.deepEqual([0, 2, 3, 16, 1000].map(webSocketsPerWorker), [0, 0, 1, 7, 437]);
  assert.deepEqual([0, 1, 7, 437, 438].map(workerConnectionsFor), [0, 3, 16, 999, 1002]);
});

test('workers selected by a hash keep room for five standard deviations', () => {
  // 100 + 5 × √100 = 150, which takes 300 connections.
  assert.deepEqual([298, 300, 302].map(webSocketsPerHashedWorker), [99, 100, 100]);
  assert.deepEqual([0, 2, 1e6].map(webSocketsPerHashedWorker), [0, 0, webSocketsPerWorker(1e6)]);
  assert.equal(webSocketsOfBusiestWorker(200, 2), 150);
  assert.equal(webSocketsOfBusiestWorker(201, 2), 151);
  assert.equal(webSocketsOfBusiestWorker(200, 1), 200);
  assert.equal(webSocketsOfBusiestWorker(10, 2), 10);
});

test('an address has 45 % of the ports of the range, and at least one', () => {
  const of = (portRange: readonly [number, number] | null) =>
    connectionsPerAddress({ ...SMALL_MACHINE, portRange });
  assert.deepEqual([of([1000, 1999]), of([1000, 1001]), of([7, 7]), of(null)], [450, 1, 1, 12_704]);
  assert.deepEqual(
    [connectionPorts([5, 5]), connectionPorts([1024, 65_535]), connectionPorts(null)],
    [1, 64_512, 28_232],
  );
});

test('memory is that of processes, connections, sockets and messages', () => {
  const KIB = 1024;
  const demand: Demand = {
    ...{ connections: 10, client: 'lean', server: 'lean', loop: 'open', inFlight: 2 },
    payload: { minBytes: 0, maxBytes: 100, type: 'text' },
  };
  const processes = { workers: 1, servers: 2, proxyWorkers: 0 };
  const node = 3 * 60 * KIB ** 2;
  const direct = node + 10 * ((6 + 12 + 8) * KIB + 400);
  assert.deepEqual(memoryOf(demand, processes), { plain: direct, tls: direct });
  const ws = node + 10 * ((12 + 12 + 8) * KIB + 400);
  assert.deepEqual(memoryOf({ ...demand, client: 'ws' }, processes), { plain: ws, tls: ws });
  const plain = node + 3 * 12 * KIB ** 2 + 10 * ((6 + 12 + 17.7 + 16) * KIB + 400);
  assert.deepEqual(memoryOf(demand, { ...processes, proxyWorkers: 3 }), {
    plain: Math.ceil(plain),
    tls: Math.ceil(plain + 10 * (34 + 23.8) * KIB),
  });
});
