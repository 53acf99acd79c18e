import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { monotonicNs } from '../clock.ts';
import { portOf } from '../connections/connection.test.fixture.ts';
import type { HttpPart } from './counted.ts';
import { type ScheduledRequests, sendOnSchedule } from './scheduled.ts';

/** Starts a server that is closed when the test ends. */
async function serve(t: TestContext, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}/page`;
}

/** Sends requests, and resolves with all parts once the last one has arrived. */
function run(
  url: string,
  durationMs: number | null,
  onStart: (requests: ScheduledRequests) => void = () => {},
  onPart: (parts: readonly HttpPart[]) => void = () => {},
): Promise<HttpPart[]> {
  const parts: HttpPart[] = [];
  return new Promise((resolve) => {
    const plan = { url, host: null, connections: 2, cache: true, ratePerSecond: 100, durationMs };
    const requests = sendOnSchedule({ ...plan, epochNs: String(monotonicNs()) }, (part) => {
      parts.push(part);
      if (part.isLast) resolve(parts);
      else onPart(parts);
    });
    onStart(requests);
  });
}

function sumsOf(parts: readonly HttpPart[]) {
  const sum = (of: (part: HttpPart) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    due: sum(({ due }) => due),
    answered: sum(({ counts }) => counts.requests),
    timed: sum(({ counts }) => counts.latency.reduce((all, count, i) => all + (i % 2) * count, 0)),
    errors: sum(({ counts }) => counts.errors),
    hits: sum(({ counts }) => counts.cache?.HIT ?? 0),
    unanswered: parts.at(-1)?.unanswered ?? Number.NaN,
  };
}

describe('HTTP requests on a schedule', { concurrency: true }, () => {
  test('every request that is due is sent, answered and timed once', async (t) => {
    const url = await serve(t, (_, response) => response.setHeader('x-cache-status', 'HIT').end('page'));
    const parts = await run(url, 1500);
    const { due, answered, timed, hits, errors, unanswered } = sumsOf(parts);
    assert.deepEqual([due, errors], [150, 0]);
    // On a busy machine, some responses may arrive too late to count.
    assert.equal(answered + unanswered, due);
    assert.ok(answered > 0);
    assert.deepEqual([timed, hits], [answered, answered]);
    for (const [index, { startUs }] of parts.entries())
      if (index > 0) assert.equal(startUs, parts[index - 1]?.endUs);
    assert.equal(
      parts.reduce((sum, { counts }) => sum + counts.bytesReceived, 0),
      answered * 4,
    );
  });

  test('a schedule continues while the server does not respond, and these requests count as unanswered', async (t) => {
    const url = await serve(t, () => {});
    const { due, answered, unanswered } = sumsOf(await run(url, 500));
    assert.deepEqual([due, answered, unanswered], [50, 0, 50]);
  });

  test('broken connections count as errors, and the next request uses another connection', async (t) => {
    const url = await serve(t, ({ socket }) => socket.destroy());
    const { due, errors, answered, unanswered } = sumsOf(await run(url, 500));
    assert.deepEqual([due, errors + unanswered, answered], [50, 50, 0]);
    assert.ok(errors > 2);
  });

  test('a schedule without an end continues until it is stopped', async (t) => {
    let stop = () => {};
    const url = await serve(t, (_, response) => response.end());
    // Requests that become due in the second part show that the schedule went on after its start.
    const sums = sumsOf(
      await run(
        url,
        null,
        (scheduled) => {
          stop = scheduled.stop;
        },
        ([, ...later]) => {
          if (later.some(({ due }) => due > 0)) setImmediate(stop);
        },
      ),
    );
    assert.ok(sums.answered >= 9);
    assert.deepEqual([sums.answered + sums.unanswered, sums.errors], [sums.due, 0]);
  });
});
