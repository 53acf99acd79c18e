import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Route, routeOf, sumRoutes, triedServers } from './route.ts';

test('all servers that were tried are returned; the last one answered', () => {
  assert.deepEqual(triedServers('127.0.0.1:8080'), ['127.0.0.1:8080']);
  assert.deepEqual(triedServers('127.0.0.1:8080, unix:/tmp/a:b.sock'), [
    '127.0.0.1:8080',
    'unix:/tmp/a:b.sock',
  ]);
  // After an internal redirect, Nginx separates the servers of the two requests by a colon.
  assert.deepEqual(triedServers('127.0.0.1:1 : 127.0.0.1:2'), ['127.0.0.1:1', '127.0.0.1:2']);
});

test('connections with the same Nginx worker, server and protocol share a route', () => {
  const routes: Route[] = [];
  const facts = { proxyWorker: '1', upstream: 'a', alpn: 'http/1.1' };
  const other = [{ proxyWorker: '2' }, { upstream: 'b' }, { alpn: null }];
  const first = routeOf(routes, { ...facts, resumed: true });
  for (const change of other) routeOf(routes, { ...facts, ...change });
  assert.equal(routeOf(routes, facts), first);
  assert.deepEqual(routes, [
    { ...facts, connections: 2, messages: 0 },
    ...other.map((change) => ({ ...facts, ...change, connections: 1, messages: 0 })),
  ]);
});

test('the routes of several workers are added up', () => {
  const route = (change: Partial<Route>): Route => ({
    ...{ proxyWorker: '1', upstream: null, alpn: null, connections: 2, messages: 30 },
    ...change,
  });
  const routes = [
    route({}),
    route({ upstream: 'a' }),
    route({ connections: 5, messages: 7 }),
    route({ alpn: 'h2' }),
  ];
  assert.deepEqual(sumRoutes(routes), [
    route({ connections: 7, messages: 37 }),
    route({ upstream: 'a' }),
    route({ alpn: 'h2' }),
  ]);
  assert.deepEqual(routes[0], route({}));
});
