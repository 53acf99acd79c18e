import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { Client } from 'autocannon';
import { bucketValue, Counts, HIGHEST_US } from '../../measure/counts.ts';
import { portOf } from '../connections/connection.test.fixture.ts';
import type { HttpCounts } from './counted.ts';
import { runHttpLeg, startTally } from './http-leg.ts';

const CONNECTIONS = 4;
const BODY = 'x'.repeat(1000);

/** Starts a server that counts the requests it answers. It is closed when the test ends. */
async function serve(
  t: TestContext,
  answer: http.RequestListener,
): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = http.createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${portOf(server)}/page`, requests: () => requests };
}

const run = (url: string, cache = false) =>
  runHttpLeg({ url, host: null, connections: CONNECTIONS, durationMs: 3000, cache });

function samples({ latency }: HttpCounts): number {
  return latency.reduce((sum, number, i) => sum + (i % 2 === 1 ? number : 0), 0);
}

// The tests are long because a busy machine may take a second for the first answer, so they run concurrently.
describe('the HTTP leg', { concurrency: true }, () => {
  test('every answer is counted once, with its latency and its bytes', async (t) => {
    const { url, requests } = await serve(t, (_, response) => response.end(BODY));
    const startedAt = performance.now();
    const counts = await run(url);
    assert.ok(counts.durationUs <= (performance.now() - startedAt) * 1e3);
    assert.ok(counts.requests > 0);
    // The responses to requests in progress at the end were sent but not read.
    assert.ok(counts.requests <= requests() && requests() <= counts.requests + CONNECTIONS);
    assert.equal(samples(counts), counts.requests);
    assert.ok(counts.bytesReceived >= counts.requests * BODY.length);
    assert.deepEqual([counts.non2xx, counts.errors, counts.timeouts, counts.cache], [0, 0, 0, null]);
    assert.ok(Number.isInteger(counts.durationUs) && counts.durationUs > 0);
    for (let i = 0; i < counts.latency.length; i += 2) {
      const us = bucketValue(counts.latency[i] ?? 0);
      assert.ok(us > 0 && us < HIGHEST_US);
    }
  });

  test('a delay in the server is in the latency, in µs', async (t) => {
    const { url } = await serve(t, (_, response) => setTimeout(() => response.end(), 20));
    const counts = await run(url);
    assert.ok(counts.requests > 0);
    assert.ok(bucketValue(counts.latency[0] ?? 0) >= 19_000);
  });

  test('responses are counted by cache status, including those without one', async (t) => {
    const words = ['HIT', 'HIT', 'MISS', null];
    let turn = 0;
    const { url, requests } = await serve(t, (_, response) => {
      const word = words[turn++ % words.length];
      if (word !== null && word !== undefined) response.setHeader('x-cache-STATUS', word);
      response.end();
    });
    const { cache, requests: counted } = await run(url, true);
    assert.ok(cache !== null);
    assert.deepEqual(Object.keys(cache).toSorted(), ['HIT', 'MISS', 'none']);
    const total = Object.values(cache).reduce((sum, count) => sum + count, 0);
    assert.ok(total >= counted && total <= requests());
    assert.ok(Math.abs((cache.HIT ?? 0) - total / 2) <= CONNECTIONS);
  });

  test('unsuccessful responses are counted separately, and still as responses', async (t) => {
    let turn = 0;
    const { url } = await serve(t, (_, response) => {
      response.statusCode = [502, 204, 404, 204, 426, 204][turn++ % 6] ?? 500;
      response.end();
    });
    const counts = await run(url);
    assert.deepEqual(Object.keys(counts.statuses).toSorted(), ['2xx', '426', '4xx', '5xx']);
    assert.equal(
      Object.values(counts.statuses).reduce((sum, count) => sum + count, 0),
      counts.requests,
    );
    assert.equal(counts.statuses['2xx'], counts.requests - counts.non2xx);
    assert.equal(samples(counts), counts.requests);
    assert.ok(Math.abs(counts.non2xx - counts.requests / 2) <= CONNECTIONS);
  });

  test('a connection that ends after its response, as announced, counts neither as latency nor as an error', async (t) => {
    // Further requests on the connection cause a reset, because the server no longer reads from it.
    const { url } = await serve(t, ({ socket }, response) => {
      setTimeout(() => response.setHeader('connection', 'close').end(BODY, () => socket.destroy()), 20);
    });
    const counts = await run(url);
    assert.ok(counts.requests > CONNECTIONS, 'a connection was replaced');
    assert.deepEqual([counts.errors, counts.timeouts, samples(counts)], [0, 0, counts.requests]);
    // Requests are sent one at a time, so latencies do not overlap even on a slow machine.
    const sumUs = counts.latency.reduce(
      (sum, index, i) => (i % 2 === 0 ? sum + bucketValue(index) * (counts.latency[i + 1] ?? 0) : sum),
      0,
    );
    assert.ok(sumUs <= CONNECTIONS * counts.durationUs * 1.01, `${sumUs} µs in ${counts.durationUs} µs`);
  });

  test('a connection that ends before the response is an error', async (t) => {
    const { url, requests } = await serve(t, ({ socket }) => socket.end());
    const counts = await run(url);
    assert.deepEqual([counts.requests, counts.timeouts], [0, 0]);
    assert.ok(counts.errors > 0);
    assert.ok(Math.abs(counts.errors - requests()) <= CONNECTIONS, `${counts.errors} of ${requests()}`);
  });

  test('connections that the server resets are errors, not answers', async (t) => {
    const { url } = await serve(t, (request) => request.socket.resetAndDestroy());
    const counts = await run(url);
    assert.deepEqual([counts.requests, samples(counts), counts.bytesReceived], [0, 0, 0]);
    assert.ok(counts.errors > 0);
  });
});

/** Returns the counts for a connection's events. Each event is its name followed by its arguments. */
function tallied(...events: readonly (readonly [name: string, ...of: readonly unknown[]])[]) {
  const client = new EventEmitter();
  const tally = startTally(false);
  tally.watch(client as unknown as Client);
  for (const [name, ...of] of events) client.emit(name, ...of);
  const { requests, errors, timeouts } = tally.counts();
  return { requests, errors, timeouts };
}

test('a request replaced after a timeout counts as a timeout, one replaced after a broken connection as an error', () => {
  const answer = (shouldKeepAlive: boolean) => [
    ['headers', { shouldKeepAlive }] as const,
    ['response', 200, 1] as const,
  ];
  const [request, timeout, connError] = [['request'], ['timeout'], ['connError']] as const;
  const none = { requests: 0, errors: 0, timeouts: 0 };
  assert.deepEqual(tallied(request, request, timeout), { ...none, timeouts: 1 });
  assert.deepEqual(tallied(request, request), { ...none, errors: 1 });
  assert.deepEqual(tallied(request, connError, request), { ...none, errors: 1 });
  // The server announced that it would close, so losing the next request is not an error.
  const closing = [request, ...answer(false), request] as const;
  assert.deepEqual(tallied(...closing, request), { ...none, requests: 1 });
  assert.deepEqual(tallied(...closing, connError), { ...none, requests: 1 });
  assert.deepEqual(tallied(...closing, request, timeout), { requests: 1, errors: 0, timeouts: 1 });
  assert.deepEqual(tallied(...closing, request, request), { requests: 1, errors: 1, timeouts: 0 });
  assert.deepEqual(tallied(request, ...answer(true), request, request), {
    requests: 1,
    errors: 1,
    timeouts: 0,
  });
});

test('counts of events are exact, with latencies from each request to its response', (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const tally = startTally(true);
  const clients = [new EventEmitter(), new EventEmitter()];
  for (const client of clients) tally.watch(client as unknown as Client);
  const at = (ms: number, client: number, name: string, ...of: unknown[]) => {
    nowMs = ms;
    clients[client]?.emit(name, ...of);
  };
  const answer = (ms: number, client: number, status: number, bytes: number, ...headers: string[]) => {
    at(ms - 0.5, client, 'headers', { shouldKeepAlive: true, headers });
    at(ms, client, 'response', status, bytes);
  };
  at(1001, 0, 'request');
  at(1002, 1, 'request');
  answer(1005, 1, 200, 7, 'X-Cache-Status', 'HIT');
  answer(1011, 0, 502, 5);
  at(1012, 0, 'request');
  answer(1042.0004, 0, 204, 30, 'x-cache-status', 'HIT');
  at(1050, 1, 'request');
  at(1051, 1, 'connError');
  const latency = new Counts();
  for (const us of [3000, 10_000, 30_000.4]) latency.record(us);
  assert.deepEqual(tally.counts(), {
    ...{ durationUs: 42_000, requests: 3, non2xx: 1, statuses: { '2xx': 2, '5xx': 1 } },
    ...{ errors: 1, timeouts: 0, bytesReceived: 42, latency: latency.drain() },
    cache: { HIT: 2, none: 1 },
  });
  const untouched = startTally(false).counts();
  assert.deepEqual([untouched.durationUs, untouched.non2xx, untouched.cache], [0, 0, null]);
});

test('a connection error after an announced end does not excuse the next one', () => {
  const closing = [['request'], ['headers', { shouldKeepAlive: false }], ['response', 200, 1]] as const;
  assert.deepEqual(tallied(...closing, ['connError'], ['connError']), {
    requests: 1,
    errors: 1,
    timeouts: 0,
  });
  assert.deepEqual(tallied(['request'], ['connError'], ['request'], ['timeout']), {
    ...{ requests: 0, errors: 1, timeouts: 1 },
  });
});
