import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import http, { type Agent } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import threads from 'node:worker_threads';
import { Counts } from '../../measure/counts.ts';
import type { WakerThreadData } from '../pacing/waker.ts';
import type { HttpPart } from './counted.ts';
import { type SchedulePlan, sendOnSchedule } from './scheduled.ts';

interface Sent {
  url: string;
  agent: Agent;
  headers: unknown;
  isDestroyed: boolean;
  answer(status: number, rawHeaders: string[], ...sizes: number[]): void;
  fail(): void;
  failWhileReading(): void;
}

/** Runs a schedule with simulated time, connections and waker, from 0 µs. */
function simulate(t: TestContext, changes: Partial<SchedulePlan>, startUs = 0) {
  let nowUs = startUs;
  const parts: HttpPart[] = [];
  const sent: Sent[] = [];
  const closed: string[] = [];
  let words: Int32Array = new Int32Array(2);
  let wake = () => {};
  let timers: { atUs: number; everyUs: number | null; call(): void }[] = [];
  const immediates: (() => void)[] = [];
  const start = (isRepeated: boolean) => (call: () => void, ms: number) => {
    const timer = { atUs: nowUs + ms * 1e3, everyUs: isRepeated ? ms * 1e3 : null, call };
    timers.push(timer);
    return timer;
  };
  t.mock.method(globalThis, 'setInterval', start(true) as never);
  t.mock.method(globalThis, 'setTimeout', start(false) as never);
  t.mock.method(globalThis, 'setImmediate', ((call: () => void) => immediates.push(call)) as never);
  t.mock.method(globalThis, 'clearInterval', ((timer: (typeof timers)[number]) => {
    timers = timers.filter((each) => each !== timer);
  }) as never);
  const turn = () => {
    for (const call of immediates.splice(0)) call();
  };
  const fire = () => {
    for (const timer of [...timers].filter(({ atUs }) => atUs <= nowUs)) {
      if (timer.everyUs === null) timers = timers.filter((each) => each !== timer);
      else timer.atUs += timer.everyUs;
      timer.call();
    }
  };
  t.mock.method(performance, 'now', () => nowUs / 1e3);
  t.mock.method(process.hrtime, 'bigint', () => BigInt(Math.round(nowUs * 1e3)) + 7000n);
  const { Worker } = threads;
  threads.Worker = class {
    constructor(_: URL, { workerData }: { workerData: WakerThreadData }) {
      words = new Int32Array(workerData.memory);
    }
    on(_: string, listen: () => void) {
      wake = listen;
    }
    unref() {}
    terminate() {
      closed.push('waker');
    }
  } as unknown as typeof Worker;
  syncBuiltinESMExports();
  t.after(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });
  const get = (
    url: string,
    { agent, headers }: Pick<Sent, 'agent' | 'headers'>,
    listen: (of: unknown) => void,
  ) => {
    const request = new EventEmitter();
    if (sent.length === 0) t.mock.method(agent, 'destroy', () => void closed.push('agent'));
    const response = (of: object) => {
      const made = Object.assign(new EventEmitter(), of);
      listen(made);
      return made;
    };
    const each: Sent = {
      ...{ url, agent, headers, isDestroyed: false },
      answer(statusCode, rawHeaders, ...sizes) {
        const made = response({ statusCode, rawHeaders });
        for (const length of sizes) made.emit('data', { length });
        made.emit('end');
      },
      fail: () => void request.emit('error', new Error('reset')),
      failWhileReading: () => void response({}).emit('error', new Error('reset')),
    };
    sent.push(each);
    return Object.assign(request, {
      destroy() {
        each.isDestroyed = true;
        request.emit('error', new Error('destroyed'));
      },
    });
  };
  t.mock.method(http, 'get', get as never);
  t.mock.method(https, 'get', get as never);
  const { stop } = sendOnSchedule(
    {
      url: 'http://a/',
      host: null,
      connections: 2,
      cache: true,
      ratePerSecond: 2,
      durationMs: null,
      epochNs: '7000',
      ...changes,
    },
    (part) => parts.push(part),
  );
  return {
    ...{ parts, sent, closed, stop },
    /** Lets time pass in steps of a millisecond. */
    to(ms: number) {
      for (;;) {
        if (words[1] === 1 && (words[0] ?? 0) <= nowUs) {
          words[1] = 0;
          wake();
        }
        if (nowUs >= startUs + ms * 1e3) return;
        nowUs += 1e3;
        fire();
        turn();
      }
    },
    /** Sets the clock ahead, as if the process had not run in the meantime. */
    lag(us: number) {
      nowUs += us;
    },
    turn,
  };
}

function latencyOf(...us: number[]): Uint32Array {
  const counts = new Counts();
  for (const each of us) counts.record(each);
  return counts.drain();
}

const NONE = { requests: 0, non2xx: 0, statuses: {}, errors: 0, timeouts: 0, bytesReceived: 0, cache: {} };

test('each part has the counts of its own second, in whole µs', (t) => {
  const run = simulate(t, { durationMs: 2500 }, 1_000_000.4);
  const { sent, parts, closed } = run;
  run.to(0);
  assert.equal(sent.length, 1);
  run.to(20);
  sent[0]?.answer(200, ['X-Cache-Status', 'HIT'], 30, 12);
  run.to(501);
  assert.equal(sent.length, 2);
  sent[1]?.answer(404, []);
  run.to(1600);
  // Two of two connections are in use, so the request that is due at 2 s waits.
  assert.equal(sent.length, 4);
  run.to(2200);
  assert.equal(sent.length, 4);
  sent[2]?.failWhileReading();
  sent[2]?.fail();
  run.turn();
  assert.equal(sent.length, 5);
  run.to(2600);
  sent[4]?.answer(200, ['x-cache-status', 'MISS'], 1);
  run.to(3499);
  assert.deepEqual([parts.length, closed], [2, []]);
  run.to(3500);
  assert.deepEqual(closed, ['waker', 'agent']);
  run.to(6000);
  assert.equal(sent.length, 5);
  assert.deepEqual(parts, [
    {
      ...{ startUs: 1_000_000, endUs: 2_000_000, due: 2, unanswered: 0, isLast: false },
      counts: {
        ...{ ...NONE, durationUs: 1_000_000, requests: 2, non2xx: 1, bytesReceived: 42 },
        ...{ statuses: { '2xx': 1, '4xx': 1 }, cache: { HIT: 1, none: 1 } },
        latency: latencyOf(20_000, 1000),
      },
    },
    {
      ...{ startUs: 2_000_000, endUs: 3_000_000, due: 2, unanswered: 2, isLast: false },
      counts: { ...NONE, durationUs: 1_000_000, latency: latencyOf() },
    },
    {
      ...{ startUs: 3_000_000, endUs: 3_500_000, due: 1, unanswered: 1, isLast: true },
      counts: {
        ...{ ...NONE, durationUs: 500_000, requests: 1, errors: 1, bytesReceived: 1 },
        ...{ statuses: { '2xx': 1 }, cache: { MISS: 1 } },
        latency: latencyOf(600_000),
      },
    },
  ]);
});

test('a part of a fraction of a µs is rounded', (t) => {
  const run = simulate(t, { cache: false });
  run.to(0);
  run.sent[0]?.answer(204, []);
  run.lag(300.6);
  run.stop();
  run.stop();
  run.to(10);
  const { counts, ...bounds } = run.parts[0] ?? assert.fail();
  assert.deepEqual(bounds, { startUs: 0, endUs: 301, due: 1, unanswered: 0, isLast: true });
  assert.deepEqual([counts.durationUs, counts.cache], [301, null]);
  run.to(2000);
  assert.deepEqual([run.parts.length, run.closed], [1, ['waker', 'agent']]);
});

test('a request without a response for more than ten seconds is a timeout, and not an error too', (t) => {
  const run = simulate(t, { ratePerSecond: 0.1 });
  run.to(10_000);
  assert.equal(run.sent[0]?.isDestroyed, false);
  assert.equal(run.sent.length, 2);
  run.to(11_000);
  assert.deepEqual([run.sent[0]?.isDestroyed, run.sent[1]?.isDestroyed], [true, false]);
  assert.deepEqual(
    run.parts.map(({ due, unanswered, counts }) => [due, unanswered, counts.timeouts, counts.errors]),
    [[1, 1, 0, 0], ...Array.from({ length: 9 }, () => [0, 1, 0, 0]), [1, 1, 1, 0]],
  );
});

test('late requests are sent 64 at a time, up to the number of connections', (t) => {
  const run = simulate(t, { connections: 80, ratePerSecond: 100_000, durationMs: 1 });
  run.lag(995);
  run.to(-1);
  assert.equal(run.sent.length, 64);
  run.turn();
  assert.equal(run.sent.length, 80);
  run.turn();
  run.sent[0]?.answer(200, []);
  run.sent[1]?.answer(200, []);
  assert.equal(run.sent.length, 80);
  run.turn();
  assert.equal(run.sent.length, 82);
  for (const each of run.sent.slice(2)) each.answer(200, []);
  run.turn();
  for (const each of run.sent.slice(82)) each.answer(200, []);
  run.to(20);
  assert.deepEqual(
    run.parts.map(({ due, unanswered, counts }) => [due, unanswered, counts.requests]),
    [[100, 0, 100]],
  );
});

test('connections are kept open, and the host is that of the plan', (t) => {
  const seen = (changes: Partial<SchedulePlan>) => {
    const run = simulate(t, changes);
    run.to(0);
    const { url, headers, agent } = run.sent[0] ?? assert.fail();
    const { keepAlive, maxSockets, scheduling, rejectUnauthorized, servername } = (agent as https.Agent)
      .options;
    t.mock.restoreAll();
    return [
      url,
      headers,
      keepAlive,
      maxSockets,
      scheduling,
      rejectUnauthorized,
      servername,
      agent instanceof https.Agent,
    ];
  };
  assert.deepEqual(seen({}), ['http://a/', {}, true, 2, 'fifo', undefined, undefined, false]);
  assert.deepEqual(seen({ url: 'https://a/', host: 'b' }), [
    'https://a/',
    { host: 'b' },
    true,
    2,
    'fifo',
    false,
    'b',
    true,
  ]);
  assert.deepEqual(seen({ url: 'https://a/' }), ['https://a/', {}, true, 2, 'fifo', false, '', true]);
});
