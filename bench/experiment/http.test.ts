import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { HttpCounts, HttpPart } from '../load/http/counted.ts';
import { encodePairs } from '../measure/histogram.ts';
import type { BenchEvent } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { ReachableServer } from '../topology/servers.ts';
import { directTarget, type StartedTarget } from '../topology/target.ts';
import type { RunContext } from './context.ts';
import { prepareHttp, runHttpLeg } from './http.ts';
import { STATS, settingsOf, shortPlan } from './run.test.fixture.ts';

const PAGE = { path: '/page?key=1', shown: '/page?…', cached: true };
const TARGET: StartedTarget = { ...directTarget([]), ports: [8080, 8081], page: PAGE };
const START: RunPlan['timeline'] = [{ atMs: 1, action: { kind: 'start-http' } }];

function counts(changes: Partial<HttpCounts>): HttpCounts {
  return {
    ...{ durationUs: 0, requests: 0, non2xx: 0, statuses: {}, errors: 0, timeouts: 0, bytesReceived: 0 },
    ...{ latency: new Uint32Array(), cache: null },
    ...changes,
  };
}

/** Servers whose counters grow with every reading, one server without counters, and one that may be silent. */
function serversOf(readings: number[], isSilent: () => boolean = () => false): ReachableServer[] {
  const of = (stats: ReachableServer['stats']): ReachableServer => ({
    ...{ host: '127.0.0.1', port: 1, socket: null, certPath: null, stats },
  });
  return [
    of(async () => ({ ...STATS, httpRequests: readings.shift() ?? 0 })),
    of(async () => null),
    of(async () => (isSilent() ? Promise.reject(new Error('silent')) : { ...STATS, httpRequests: 1 })),
  ];
}

/** The process that sends the requests. It is suspended, and the test sends its reports. */
function simulatedProcess(t: TestContext, onSend: (command: unknown, launched: Launched) => void = () => {}) {
  const sent: unknown[] = [];
  const retired: string[] = [];
  let tell = (_sentence: string) => {};
  const unexpectedExit = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const adopted: Launched[] = [];
  const processSet: Partial<ProcessSet> = {
    adopt(launched) {
      adopted.push(launched);
      const { child } = launched;
      child.kill('SIGSTOP');
      t.after(() => launched.stop('SIGKILL', 0));
      child.send = (command: unknown) => {
        sent.push(command);
        onSend(command, launched);
        return true;
      };
    },
    async retire({ name }) {
      retired.push(name);
    },
    unexpectedExit,
  };
  const report = (each: HttpCounts | HttpPart) => void adopted[0]?.child.emit('message', each);
  return { processSet: processSet as ProcessSet, sent, retired, report, tell };
}

function contextOf(plan: Partial<RunPlan>, events: BenchEvent[] = []): RunContext {
  return settingsOf(shortPlan(plan), events) as Partial<RunContext> as RunContext;
}

describe('the HTTP requests before a run', () => {
  test('are counted with those that reached the servers', async (t) => {
    const events: BenchEvent[] = [];
    const { processSet, sent, retired } = simulatedProcess(t, (_, { child }) =>
      child.emit(
        'message',
        counts({
          ...{ durationUs: 500_000, requests: 8, non2xx: 2, statuses: { '2xx': 6, '5xx': 2 }, errors: 3 },
          ...{ timeouts: 4, bytesReceived: 900, latency: Uint32Array.of(5, 8), cache: { HIT: 7 } },
        }),
      ),
    );
    const http = { connections: 3, durationMs: 700, ratePerSecond: null };
    const leg = await runHttpLeg(contextOf({ http }, events), TARGET, serversOf([10, 15]), processSet);
    assert.deepEqual(leg, {
      ...{ durationUs: 500_000, requests: 8, non2xx: 2, statuses: { '2xx': 6, '5xx': 2 }, errors: 3 },
      ...{
        timeouts: 4,
        bytesReceived: 900,
        cache: { HIT: 7 },
        path: '/page?…',
        connections: 3,
        schedule: null,
      },
      ...{ requestsPerSecond: 16, latency: encodePairs(Uint32Array.of(5, 8)), backendRequests: 5 },
    });
    const to = { url: 'http://127.0.0.1:8080/page?key=1', host: null, connections: 3, cache: true };
    assert.deepEqual(sent, [{ ...to, durationMs: 700 }]);
    assert.deepEqual([retired, events], [['HTTP generator'], [{ type: 'phase', phase: 'http' }]]);
  });

  test('on a schedule are added up over its parts', async (t) => {
    const { processSet, sent } = simulatedProcess(t, (_, { child }) => {
      const part = (startUs: number, isLast: boolean, each: HttpCounts): HttpPart => ({
        ...{ startUs, endUs: startUs + 1e6, due: 10, unanswered: isLast ? 2 : 5, isLast, counts: each },
      });
      const first = { durationUs: 1e6, requests: 5, statuses: { '2xx': 5 }, latency: Uint32Array.of(5, 5) };
      child.emit('message', part(0, false, counts({ ...first, cache: { MISS: 5 } })));
      const last = {
        durationUs: 1e6,
        requests: 1,
        statuses: { '2xx': 2, '4xx': 1 },
        latency: Uint32Array.of(5, 1),
      };
      child.emit('message', part(1e6, true, counts({ ...last, cache: { MISS: 1, HIT: 1 } })));
    });
    const http = { connections: 3, durationMs: 700, ratePerSecond: 20 };
    const tls = { servername: 'localhost' };
    const request = { host: 'example.org', headers: [] };
    const context = contextOf({ http });
    const leg = await runHttpLeg(context, { ...TARGET, tls, request }, serversOf([0, 6]), processSet);
    assert.deepEqual(leg, {
      ...{
        durationUs: 2e6,
        requests: 6,
        non2xx: 0,
        statuses: { '2xx': 7, '4xx': 1 },
        errors: 0,
        timeouts: 0,
      },
      ...{ bytesReceived: 0, cache: { MISS: 6, HIT: 1 }, path: '/page?…', connections: 3 },
      schedule: { ratePerSecond: 20, due: 20, unanswered: 2 },
      ...{ requestsPerSecond: 3, latency: encodePairs(Uint32Array.of(5, 6)), backendRequests: 6 },
    });
    const [command] = sent as { epochNs: string }[];
    assert.deepEqual(sent, [
      {
        ...{ url: 'https://127.0.0.1:8080/page?key=1', host: 'example.org', connections: 3, cache: true },
        ...{ durationMs: 700, ratePerSecond: 20, epochNs: command?.epochNs },
      },
    ]);
    assert.match(command?.epochNs ?? '', /^\d+$/);
  });

  test('are not sent if none are planned, or if the target has no page', async () => {
    const { processSet } = { processSet: {} as ProcessSet };
    assert.equal(await runHttpLeg(contextOf({}), TARGET, [], processSet), null);
    const http = { connections: 3, durationMs: 700, ratePerSecond: null };
    const without = { ...TARGET, page: null };
    assert.equal(await runHttpLeg(contextOf({ http }), without, [], processSet), null);
    await assert.rejects(runHttpLeg(contextOf({ timeline: START }), without, [], processSet), {
      kind: 'usage',
    });
    const reload: RunPlan['timeline'] = [{ atMs: 1, action: { kind: 'reload' } }];
    assert.equal(await runHttpLeg(contextOf({ timeline: reload }), without, [], processSet), null);
  });

  test('end with the reason of the signal, or of a process that exited', async (t) => {
    const http = { connections: 3, durationMs: 700, ratePerSecond: null };
    const stop = new AbortController();
    const stopped = simulatedProcess(t, () => void setImmediate(() => stop.abort(new Error('called off'))));
    const context = { ...contextOf({ http }), signal: stop.signal };
    await assert.rejects(runHttpLeg(context, TARGET, serversOf([]), stopped.processSet), {
      message: 'called off',
    });
    const killed = simulatedProcess(t, (_, { child }) => {
      child.kill('SIGKILL');
      killed.tell('HTTP generator was killed.');
    });
    await assert.rejects(
      runHttpLeg(contextOf({ http }), TARGET, serversOf([]), killed.processSet),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.kind, 'died');
        return error.message.startsWith('HTTP generator was killed. ');
      },
    );
  });
});

describe('the HTTP requests during a run', () => {
  const http = { connections: 3, durationMs: 700, ratePerSecond: 20 };
  const plan = { timeline: START, http };
  const part = (startUs: number, endUs: number, isLast: boolean, requests: number): HttpPart => ({
    ...{ startUs, endUs, due: requests + 1, unanswered: 1, isLast },
    counts: counts({ durationUs: endUs - startUs, requests, latency: Uint32Array.of(5, requests) }),
  });

  test('are counted from their start, with what reached the servers until they stop', async (t) => {
    let now = 1_999_999.6;
    const { processSet, sent, report } = simulatedProcess(t, (command) => {
      if (command === 'stop') setImmediate(() => report(part(3e6, 3.5e6, true, 2)));
    });
    const alongside = prepareHttp(contextOf(plan), TARGET, serversOf([7, 20]), processSet, 123n, () => now);
    assert.ok(alongside);
    await alongside.stop();
    assert.deepEqual([alongside.soFar(), sent], [null, []]);
    await alongside.start();
    now = 9e6;
    const empty = {
      ...{ durationUs: 0, requests: 0, non2xx: 0, statuses: {}, errors: 0, timeouts: 0, bytesReceived: 0 },
      ...{
        cache: null,
        path: '/page?…',
        connections: 3,
        schedule: { ratePerSecond: 20, due: 0, unanswered: 0 },
      },
      ...{ requestsPerSecond: 0, latency: encodePairs(new Uint32Array()), backendRequests: null },
    };
    assert.deepEqual(alongside.soFar(), { startUs: 2e6, endUs: 2e6, total: empty, course: [] });
    report(part(2e6, 3e6, false, 6));
    report(part(3e6, 3e6, false, 0));
    // The last report ends it, not a timer.
    const turns = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    const stopped = alongside.stop().then(() => 'stopped');
    assert.equal(await Promise.race([stopped, turns()]), 'stopped');
    await alongside.stop();
    assert.deepEqual(alongside.soFar(), {
      ...{ startUs: 2e6, endUs: 3.5e6 },
      total: {
        ...{ ...empty, durationUs: 1.5e6, requests: 8, requestsPerSecond: 8 / 1.5, backendRequests: 13 },
        schedule: { ratePerSecond: 20, due: 11, unanswered: 1 },
        latency: encodePairs(Uint32Array.of(5, 8)),
      },
      course: [
        { startUs: 2e6, endUs: 3e6, requests: 6, latency: encodePairs(Uint32Array.of(5, 6)) },
        { startUs: 3e6, endUs: 3.5e6, requests: 2, latency: encodePairs(Uint32Array.of(5, 2)) },
      ],
    });
    const to = { url: 'http://127.0.0.1:8080/page?key=1', host: null, connections: 3, cache: true };
    assert.deepEqual(sent, [{ ...to, ratePerSecond: 20, durationMs: null, epochNs: '123' }, 'stop']);
    assert.equal(alongside.launched.name, 'HTTP generator');
  });

  test('have no count of the servers if these do not answer, and end with their process', async (t) => {
    let isSilent = false;
    const { processSet } = simulatedProcess(t, (command, { child }) => {
      if (command === 'stop') child.kill('SIGKILL');
    });
    const servers = serversOf([], () => isSilent);
    const alongside = prepareHttp(contextOf(plan), TARGET, servers, processSet, 0n, () => 0);
    await alongside?.start();
    isSilent = true;
    await alongside?.stop();
    assert.equal(alongside?.soFar()?.total.backendRequests, null);
  });

  test('are only prepared if the timeline starts them', () => {
    const none = {} as ProcessSet;
    const prepare = (changes: Partial<RunPlan>, target = TARGET) =>
      prepareHttp(contextOf(changes), target, [], none, 0n, () => 0);
    assert.equal(prepare({ http }), null);
    for (const [changes, target] of [
      [{ timeline: START }, TARGET],
      [{ timeline: START, http: { ...http, ratePerSecond: null } }, TARGET],
      [plan, { ...TARGET, page: null }],
    ] as const)
      assert.throws(() => prepare(changes, target), {
        name: 'TypeError',
        message: 'no HTTP requests are planned',
      });
  });
});
