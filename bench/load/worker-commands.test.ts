import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { makeKeyPair } from '../../test/key-pair.ts';
import { behaviourOf } from './behaviour.ts';
import { monotonicNs } from './clock.ts';
import { onUpgrade, portOf, rawServer, switching } from './connections/connection.test.fixture.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';

/** Tests a worker in this process, with a channel, a clock and intervals that the test controls. */

let workers = 0;

const turn = () => new Promise(setImmediate);

async function startHere(t: TestContext, { isConnected = true } = {}) {
  const reports: WorkerReport[] = [];
  const exits: unknown[] = [];
  const intervals: { call: () => void; ms: number; isCleared: boolean }[] = [];
  const clock = { aheadMs: 0, fixedMs: null as number | null, collected: 0 };
  const { send, connected, exit } = process;
  const { gc } = globalThis;
  const events = ['message', 'disconnect', 'SIGTERM'] as const;
  const before = events.map((event) => process.listeners(event as 'SIGTERM'));
  t.after(async () => {
    // Otherwise, the end of its connections would be reported during the next test.
    process.emit('message', { type: 'leave' }, undefined);
    for (let turns = 0; turns < 2; turns++) await turn();
    clock.fixedMs = Number.POSITIVE_INFINITY;
    for (const { call, ms, isCleared } of intervals) if (ms === 10 && !isCleared) call();
    Object.assign(process, { send, connected, exit });
    Object.assign(globalThis, { gc });
    for (const [i, event] of events.entries())
      for (const listener of process.listeners(event as 'SIGTERM'))
        if (!before[i]?.includes(listener)) process.removeListener(event, listener);
  });
  Object.assign(process, {
    connected: isConnected,
    send: (report: WorkerReport) => void reports.push(report),
    exit: (code: number) => void exits.push(code),
  });
  Object.assign(globalThis, { gc: () => clock.collected++ });
  const { now } = performance;
  t.mock.method(performance, 'now', () => clock.fixedMs ?? now.call(performance) + clock.aheadMs);
  t.mock.method(globalThis, 'setInterval', (call: () => void, ms: number) => {
    const interval = { call, ms, isCleared: false };
    intervals.push(interval);
    return interval;
  });
  t.mock.method(globalThis, 'clearInterval', (interval: (typeof intervals)[0]) => {
    interval.isCleared = true;
  });
  await import(`${new URL('./worker.js', import.meta.url).href}?${workers++}`);
  return {
    ...{ reports, exits, intervals, clock },
    tell: (command: WorkerCommand) => void process.emit('message', command, undefined),
    /** Reports other than recordings, by type. */
    types: () => reports.map(({ type }) => type).filter((type) => type !== 'recording'),
    /** Waits for the report of a type. */
    async report<Type extends WorkerReport['type']>(type: Type, count = 1) {
      const found = () => reports.filter((each) => each.type === type);
      while (found().length < count) await new Promise(setImmediate);
      return found().at(-1) as Extract<WorkerReport, { type: Type }>;
    },
  };
}

function planFor(port: number, connections: number, openingStages = 1): WorkerPlan {
  return {
    id: { host: 'here', index: 1 },
    behaviour: behaviourOf({ scenario: 'echo', options: {} }),
    scenarioFile: null,
    epochNs: String(monotonicNs()),
    connections,
    servers: [],
    target: { host: '127.0.0.1', ports: [port], path: '/', tls: null },
    sourcePorts: [],
    rampPerSecond: 0,
    pendingHandshakes: 100,
    runPlan: {
      ...{ target: { kind: 'sandbox' }, carrier: 'sockets', connections, workers: 2, sourceAddresses: [] },
      workload: {
        scenario: 'echo',
        load: { kind: 'closed', inFlight: 1 },
        payload: { minBytes: 16, maxBytes: 16, type: 'text' },
        options: {},
      },
      ...{ step: 'throughput', timeline: [], openingStages, client: 'lean', pacing: null, turns: null },
      ...{ seed: 5, echoTimeoutMs: 20_000, connectTimeoutMs: 20_000 },
    },
  };
}

function withRun(plan: WorkerPlan, changes: Partial<WorkerPlan['runPlan']>): WorkerPlan {
  return { ...plan, runPlan: { ...plan.runPlan, ...changes } };
}

/** The same plan, but with messages that are due at certain times. */
function withSchedule(plan: WorkerPlan): WorkerPlan {
  const load = { kind: 'open', ratePerSecond: 500, arrivals: 'uniform' } as const;
  const workload = { ...plan.runPlan.workload, load };
  return withRun(plan, { workload, step: 'latency', pacing: 'sleep' });
}

async function echoServer(t: TestContext) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, port: portOf(server) };
}

test('before its plan arrives, a worker only obeys the command to leave', async (t) => {
  const { tell, types, exits } = await startHere(t);
  for (const type of ['stop', 'cut', 'connect-more'] as const) tell({ type });
  await turn();
  assert.deepEqual([types(), exits], [['ready'], []]);
  tell({ type: 'leave' });
  assert.deepEqual([types(), exits], [['ready'], [0]]);
});

test('a worker whose runner has gone reports nothing, and exits', async (t) => {
  const { types, exits } = await startHere(t, { isConnected: false });
  assert.deepEqual(types(), []);
  process.emit('disconnect');
  assert.deepEqual(exits, [0]);
  process.emit('SIGTERM');
  assert.deepEqual(exits, [0, 0]);
});

test('each batch is reported, and garbage is collected after the last', async (t) => {
  const { port } = await echoServer(t);
  const { tell, report, clock, intervals, types } = await startHere(t);
  tell({ type: 'connect', plan: planFor(port, 3, 2) });
  const first = await report('connected');
  assert.deepEqual([first.open, clock.collected], [1, 0]);
  tell({ type: 'connect-more' });
  const second = await report('connected', 2);
  assert.deepEqual([second.open, clock.collected], [3, 1]);
  assert.ok(Number.isInteger(first.startUs) && Number.isInteger(first.endUs));
  assert.equal(second.startUs, first.startUs);
  assert.ok(second.endUs > first.endUs);
  assert.deepEqual(
    intervals.map(({ ms, isCleared }) => [ms, isCleared]),
    [[50, false]],
  );
  tell({ type: 'stop' });
  const { totals } = await report('done');
  assert.deepEqual([totals.worker, totals.asked, totals.opened, totals.failed], [1, 3, 3, 0]);
  assert.equal(intervals[0]?.isCleared, true);
  // The run is over.
  tell({ type: 'connect-more' });
  tell({ type: 'stop' });
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual(types(), ['ready', 'connected', 'connected', 'done']);
});

test('a worker closes its connections before it exits', async (t) => {
  const { server, port } = await echoServer(t);
  const codes: number[] = [];
  server.on('connection', (socket) => socket.on('close', (code) => codes.push(code)));
  const { tell, report, exits, intervals, types, clock } = await startHere(t);
  tell({ type: 'connect', plan: planFor(port, 2) });
  await report('connected');
  // Its time limit never passes.
  clock.fixedMs = 1e6;
  tell({ type: 'leave' });
  await report('done');
  assert.deepEqual(types(), ['ready', 'connected', 'done']);
  const [, poll = assert.fail()] = intervals;
  poll.call();
  assert.deepEqual([exits, poll.ms, poll.isCleared], [[], 10, false]);
  while (exits.length === 0) {
    await turn();
    poll.call();
  }
  assert.deepEqual([exits, poll.isCleared], [[0], true]);
  while (codes.length < 2) await turn();
  assert.deepEqual(codes, [1000, 1000]);
});

test('a worker waits three seconds for a server that does not close', async (t) => {
  let ends = 0;
  const port = await rawServer(t, null, ({ stream }) => {
    onUpgrade(stream, (key) => stream.write(switching(key)));
    stream.resume().on('end', () => ends++);
  });
  const { tell, report, exits, intervals, clock } = await startHere(t);
  tell({ type: 'connect', plan: planFor(port, 1) });
  await report('connected');
  clock.fixedMs = 1e6;
  tell({ type: 'leave' });
  await report('done');
  const [, poll = assert.fail()] = intervals;
  clock.fixedMs += 2999;
  poll.call();
  assert.deepEqual([exits, ends], [[], 0]);
  clock.fixedMs += 1;
  poll.call();
  assert.deepEqual([exits, poll.isCleared], [[0], true]);
  while (ends === 0) await turn();
});

test('a worker reports once that its connections are gone, but only during the load', async (t) => {
  const { server, port } = await echoServer(t);
  const { tell, report, intervals, types } = await startHere(t);
  tell({ type: 'connect', plan: withSchedule(planFor(port, 2)) });
  await report('connected');
  const [ticker = assert.fail()] = intervals;
  const gone = [...server.clients].map((socket) => once(socket, 'close'));
  tell({ type: 'cut' });
  await Promise.all(gone);
  ticker.call();
  assert.deepEqual(types(), ['ready', 'connected']);
  tell({ type: 'start', times: { connectedUs: 1, warmUpUs: 1e9, steadyUs: 2e9, drainUs: 3e9 } });
  await turn();
  for (let time = 0; time < 2; time++) ticker.call();
  assert.deepEqual(types(), ['ready', 'connected', 'deserted']);
  tell({ type: 'stop' });
  const { totals } = await report('done');
  assert.deepEqual([totals.asked, totals.opened, totals.failed], [2, 2, 2]);
});

test('a worker that is stopped begins no further handshakes', async (t) => {
  const { port } = await echoServer(t);
  const { tell, report } = await startHere(t);
  const cleared = t.mock.method(globalThis, 'clearTimeout', () => {});
  let begun = () => {};
  const isWaiting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const timer = { isFor: 'the next handshake' };
  t.mock.method(globalThis, 'setTimeout', () => {
    begun();
    return timer;
  });
  tell({ type: 'connect', plan: { ...planFor(port, 3), rampPerSecond: 1 } });
  await isWaiting;
  tell({ type: 'stop' });
  const { totals } = await report('done');
  assert.equal(totals.asked, 3);
  assert.deepEqual(
    cleared.mock.calls.map(({ arguments: [each] }) => each as unknown),
    [timer],
  );
});

test('a tenth of the handshakes, or a little more, is checked for a timeout in each tick', async (t) => {
  let accepted = 0;
  const port = await rawServer(t, null, ({ stream }) => {
    accepted++;
    stream.resume();
  });
  const { tell, report, intervals, clock, types } = await startHere(t);
  const connectTimeoutMs = 1e6;
  tell({ type: 'connect', plan: withRun(planFor(port, 21), { connectTimeoutMs }) });
  while (accepted < 21) await turn();
  const [ticker = assert.fail()] = intervals;
  ticker.call();
  clock.aheadMs = connectTimeoutMs;
  ticker.call();
  assert.deepEqual(types(), ['ready']);
  tell({ type: 'stop' });
  const { totals } = await report('done');
  assert.deepEqual([totals.asked, totals.opened, totals.failed], [21, 0, 3]);
});

test('a plan can only name a client in the folder of a scenario', async (t) => {
  const { tell, types } = await startHere(t);
  const listeners = process.rawListeners('unhandledRejection') as (() => void)[];
  process.removeAllListeners('unhandledRejection');
  const reasons: unknown[] = [];
  process.on('unhandledRejection', (reason) => reasons.push(reason));
  t.after(() => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });
  const plan = planFor(1, 0);
  tell({ type: 'connect', plan: { ...plan, behaviour: { ...plan.behaviour, client: '../scenarios/echo' } } });
  while (reasons.length === 0) await turn();
  assert.ok(reasons[0] instanceof TypeError);
  assert.deepEqual(types(), ['ready']);
});

for (const [sinceUs, startUs, endUs] of [
  [1234.5, 1234, 1235],
  [-5.5, 0, -5],
] as const)
  test(`handshakes are reported in whole microseconds from the epoch on, even if it is ${sinceUs} µs ago`, async (t) => {
    const { tell, report, clock } = await startHere(t);
    clock.fixedMs = 8000;
    t.mock.method(process.hrtime, 'bigint', () => 5_000_000_000n);
    const epochNs = String(5_000_000_000 - sinceUs * 1000);
    tell({ type: 'connect', plan: { ...planFor(1, 0), epochNs } });
    assert.deepEqual(await report('connected'), { type: 'connected', startUs, endUs, open: 0 });
    tell({ type: 'stop' });
    await report('done');
  });

for (const serverCloses of [false, true])
  test(`that a server closes a WebSocket is ${serverCloses ? 'no' : 'a'} failure if the scenario ${serverCloses ? 'expects it' : 'does not expect it'}`, async (t) => {
    const { server, port } = await echoServer(t);
    const { tell, report } = await startHere(t);
    const plan = planFor(port, 1);
    tell({ type: 'connect', plan: { ...plan, behaviour: { ...plan.behaviour, serverCloses } } });
    await report('connected');
    const [socket = assert.fail()] = server.clients;
    socket.close(1000);
    await once(socket, 'close');
    for (let turns = 0; turns < 5; turns++) await turn();
    tell({ type: 'stop' });
    assert.equal((await report('done')).totals.failed, serverCloses ? 0 : 1);
  });

for (const resumes of [false, true])
  test(`TLS sessions are ${resumes ? '' : 'not '}resumed if the scenario ${resumes ? 'returns' : 'does not return'}`, async (t) => {
    const keys = await makeKeyPair();
    const reused: boolean[] = [];
    const port = await rawServer(t, keys, ({ stream }) => {
      reused.push((stream as TLSSocket).isSessionReused());
      onUpgrade(stream, (key) => stream.write(switching(key)));
    });
    const { tell, report } = await startHere(t);
    const plan = planFor(port, 2, 2);
    const tls = { servername: 'localhost', verifyWith: keys.cert };
    tell({
      type: 'connect',
      plan: { ...plan, target: { ...plan.target, tls }, behaviour: { ...plan.behaviour, resumes } },
    });
    assert.equal((await report('connected')).open, 1);
    tell({ type: 'connect-more' });
    assert.equal((await report('connected', 2)).open, 2);
    assert.deepEqual(reused, [false, resumes]);
    tell({ type: 'stop' });
    await report('done');
  });

test('connections are counted under the echo server that answered them', async (t) => {
  const { server, port } = await echoServer(t);
  const upstreams = [null, '10.0.0.1:1', '10.0.0.9:9, 10.0.0.2:2', '10.0.0.9:9', '10.0.0.1:1'];
  server.on('headers', (headers) => {
    const upstream = upstreams.shift() ?? null;
    if (upstream !== null) headers.push(`X-Bench-Upstream: ${upstream}`);
  });
  const { tell, report } = await startHere(t);
  const plan = withSchedule(planFor(port, 5));
  const work = { scenario: 'backend-loss' as const, options: { reconnect: 'none' } };
  tell({
    type: 'connect',
    plan: {
      ...withRun(plan, { workload: { ...plan.runPlan.workload, ...work } }),
      behaviour: behaviourOf(work),
      servers: [['10.0.0.1:1'], ['other', '10.0.0.2:2'], [`127.0.0.1:${port}`]],
    },
  });
  await report('connected');
  tell({ type: 'stop' });
  const { totals } = await report('done');
  const { opened, retried, server1, server2, server3, unplaced } = totals;
  assert.deepEqual(
    { opened, retried, server1, server2, server3, unplaced },
    { opened: 5, retried: 1, server1: 2, server2: 1, server3: 1, unplaced: 1 },
  );
});
