import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { behaviourOf } from './behaviour.ts';
import { monotonicNs } from './clock.ts';
import { onUpgrade, portOf, rawServer, switching } from './connections/connection.test.fixture.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';

/** Tests a worker in this process, with a channel, a clock and intervals that the test controls. */

let workers = 0;

async function startHere(t: TestContext, { isConnected = true } = {}) {
  const reports: WorkerReport[] = [];
  const exits: unknown[] = [];
  const intervals: { call: () => void; ms: number; isCleared: boolean }[] = [];
  const clock = { aheadMs: 0, fixedMs: null as number | null, collected: 0 };
  const { send, connected } = process;
  const { gc } = globalThis;
  const events = ['message', 'disconnect', 'SIGTERM'] as const;
  const before = events.map((event) => process.listeners(event as 'SIGTERM'));
  t.after(() => {
    Object.assign(process, { send, connected });
    Object.assign(globalThis, { gc });
    for (const [i, event] of events.entries())
      for (const listener of process.listeners(event as 'SIGTERM'))
        if (!before[i]?.includes(listener)) process.removeListener(event, listener);
  });
  Object.assign(process, {
    connected: isConnected,
    send: (report: WorkerReport) => void reports.push(report),
  });
  Object.assign(globalThis, { gc: () => clock.collected++ });
  t.mock.method(process, 'exit', (code: number) => void exits.push(code));
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

/** The same plan, but with messages that are due at certain times. */
function withSchedule(plan: WorkerPlan): WorkerPlan {
  const load = { kind: 'open', ratePerSecond: 500, arrivals: 'uniform' } as const;
  const workload = { ...plan.runPlan.workload, load };
  return { ...plan, runPlan: { ...plan.runPlan, workload, step: 'latency', pacing: 'sleep' } };
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

const turn = () => new Promise(setImmediate);

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
  const { tell, report, exits, intervals, types } = await startHere(t);
  tell({ type: 'connect', plan: planFor(port, 2) });
  await report('connected');
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

test('a tenth of the handshakes is checked for a timeout in each tick', async (t) => {
  let accepted = 0;
  const port = await rawServer(t, null, ({ stream }) => {
    accepted++;
    stream.resume();
  });
  const { tell, report, intervals, clock, types } = await startHere(t);
  tell({ type: 'connect', plan: planFor(port, 20) });
  while (accepted < 20) await turn();
  const [ticker = assert.fail()] = intervals;
  ticker.call();
  clock.aheadMs = 20_000;
  ticker.call();
  assert.deepEqual(types(), ['ready']);
  tell({ type: 'stop' });
  const { totals } = await report('done');
  assert.deepEqual([totals.asked, totals.opened, totals.failed], [20, 0, 2]);
});
