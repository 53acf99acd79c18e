import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../load/connections/route.ts';
import type { Fleet } from '../load/fleet.ts';
import type { RunProcess, WorkerTotals } from '../model/run.ts';
import type { ServerStats } from '../topology/servers.ts';
import { spreadOf } from './spread.ts';

const PROCESSES: readonly RunProcess[] = [
  { component: 'proxy', role: 'master', name: 'nginx master', pid: 10 },
  { component: 'proxy', role: 'worker', name: 'nginx worker 1', pid: 11 },
  { component: 'proxy', role: 'worker', name: 'nginx worker 2', pid: 12 },
  { component: 'server', role: 'server', name: 'echo server 1', pid: 13 },
];

function route(proxyWorker: string | null, connections: number, messages: number, upstream = 'a'): Route {
  return { proxyWorker, upstream, alpn: null, connections, messages };
}

function stats(total: number, messages: number): ServerStats {
  return { connections: { open: 99, total }, messages, bytes: 98, httpRequests: 97 };
}

function spread(routes: Route[], totals: WorkerTotals[], of: (ServerStats | null)[]) {
  const fleet = { routes: () => routes, totals: () => totals } as Partial<Fleet> as Fleet;
  return spreadOf(fleet, PROCESSES, of, 'nginx');
}

test('connections and messages are counted for each worker, server and generator', () => {
  const shares = spread(
    [
      route('12', 1, 10),
      route(null, 5, 50),
      route('77', 2, 20),
      route('12', 3, 30, 'b'),
      route('77', 4, 40, 'b'),
    ],
    [
      { worker: 0, asked: 9, opened: 8, failed: 1, echoed: 70, delivered: 60 },
      { worker: 1, asked: 9, opened: 7, failed: 2, echoed: 70 },
      { worker: 2, asked: 9, opened: 6, failed: 3 },
    ],
    [stats(5, 100), null, stats(6, 200)],
  );
  assert.deepEqual(shares, [
    { component: 'proxy', name: 'nginx worker 1', connections: 0, messages: 0 },
    { component: 'proxy', name: 'nginx worker 2', connections: 4, messages: 40 },
    { component: 'proxy', name: 'nginx worker (process 77)', connections: 6, messages: 60 },
    { component: 'server', name: 'echo server 1', connections: 5, messages: 100 },
    { component: 'server', name: 'echo server 3', connections: 6, messages: 200 },
    { component: 'generator', name: 'generator 1', connections: 8, messages: 60 },
    { component: 'generator', name: 'generator 2', connections: 7, messages: 70 },
    { component: 'generator', name: 'generator 3', connections: 6, messages: 0 },
  ]);
});

test('workers of a proxy that names none of them are left out', () => {
  assert.deepEqual(spread([route(null, 5, 50)], [], []), []);
  assert.deepEqual(spread([], [], []), []);
});
