import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { MESSAGE_NAMES } from '../measure/messages.ts';
import { encodeRecording } from '../measure/recording-bytes.ts';
import { type Counters, type Recording, zeroCounters } from '../model/recording.ts';
import { behaviourOf } from './behaviour.ts';
import type { Route } from './connections/route.ts';
import { makeFleet, type WorkerProcess } from './fleet.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';

interface FakeProcess extends WorkerProcess {
  heard: WorkerCommand[];
  report(report: WorkerReport): void;
  die(): Promise<void>;
}

function fakeProcess(name: string): FakeProcess {
  const listeners: ((report: WorkerReport) => void)[] = [];
  let exit = () => {};
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  const heard: WorkerCommand[] = [];
  return {
    name,
    heard,
    exited,
    // Simulates a channel that carries only JSON.
    send: (command) => void heard.push(JSON.parse(JSON.stringify(command))),
    onReport: (listen) => void listeners.push(listen),
    report: (report) => {
      for (const listen of listeners) listen(JSON.parse(JSON.stringify(report)));
    },
    async die() {
      exit();
      await exited;
    },
  };
}

function plan(worker: number, connections: number): WorkerPlan {
  const runPlan = makeRun({ seconds: 1 }).plan;
  return {
    id: { host: 'here', index: worker },
    runPlan,
    behaviour: behaviourOf(runPlan.workload),
    scenarioFile: null,
    epochNs: '0',
    connections,
    servers: [],
    target: { host: '127.0.0.1', ports: [1], path: '/', tls: null },
    sourcePorts: [],
    rampPerSecond: 0,
    pendingHandshakes: 10,
  };
}

let sequence = 0;

function recording(worker: number, counters: Counters, changes: Partial<Recording> = {}): WorkerReport {
  const base64 = encodeRecording({
    from: { host: 'here', index: worker },
    sequence: sequence++,
    startUs: 0,
    endUs: 1_000_000,
    phase: 'steady',
    counters: { ...zeroCounters(MESSAGE_NAMES.counters), ...counters },
    failures: {},
    gauges: { outstanding: 0, open: 0 },
    histograms: {},
    fanOuts: [],
    loop: null,
    ...changes,
  }).toString('base64');
  return { type: 'recording', base64 };
}

const CONNECTED: WorkerReport = { type: 'connected', startUs: 10, endUs: 500_000, open: 5 };
const TIMES = { connectedUs: 0, warmUpUs: 1, steadyUs: 2, drainUs: 3 };
const ROUTE: Route = { proxyWorker: '17', upstream: null, alpn: null, connections: 1, messages: 10 };

function done(worker: number, echoed: number, routes: Route[] = []): WorkerReport {
  const counts = { due: echoed, sent: echoed, echoed, outstanding: 0, lost: 0, unsent: 0 };
  return {
    type: 'done',
    totals: { worker, asked: 5, opened: 5, failed: 0, ...counts },
    routes,
    recordings: 3,
  };
}

/** Returns whether a promise has already settled. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  return (
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])) !== pending
  );
}

function makePair() {
  const a = fakeProcess('generator 1');
  const b = fakeProcess('generator 2');
  const recordings: Recording[] = [];
  const fleet = makeFleet([a, b], (one) => recordings.push(one));
  return { a, b, fleet, recordings };
}

test('every worker receives its plan, the times and the end; each stage waits for all workers', async () => {
  const { a, b, fleet } = makePair();
  const connected = fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report({ type: 'ready' });
  a.report(CONNECTED);
  assert.equal(await isSettled(connected), false);
  b.report(CONNECTED);
  assert.deepEqual(await connected, { startUs: 10, endUs: 500_000 });
  const ran = fleet.run(TIMES);
  b.report(done(1, 7));
  assert.equal(await isSettled(ran), false);
  a.report(done(0, 8));
  await ran;
  fleet.leave();
  assert.deepEqual(
    [a, b].map(({ heard }) => heard.map(({ type }) => type)),
    [
      ['connect', 'start', 'leave'],
      ['connect', 'start', 'leave'],
    ],
  );
  assert.deepEqual(a.heard[0], { type: 'connect', plan: plan(0, 5) });
  assert.deepEqual(b.heard[1], { type: 'start', times: TIMES });
});

test('recordings are passed on as they arrive; the totals are those of each worker’s last report', async () => {
  const { a, b, fleet, recordings } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report(recording(0, { sent: 3, echoed: 2 }, { gauges: { outstanding: 1, open: 5 } }));
  b.report(recording(1, { sent: 4, echoed: 4 }));
  assert.deepEqual(
    recordings.map(({ from, counters }) => [from.index, counters.sent]),
    [
      [0, 3],
      [1, 4],
    ],
  );
  a.report(done(0, 30));
  b.report(done(1, 40));
  assert.deepEqual(
    fleet.totals().map(({ worker, sent }) => [worker, sent]),
    [
      [0, 30],
      [1, 40],
    ],
  );
});

test('routes are summed over workers by Nginx worker, upstream and ALPN', async () => {
  const { a, b, fleet } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  const other = { ...ROUTE, upstream: '127.0.0.1:9001' };
  a.report(done(0, 0, [ROUTE, other]));
  b.report(
    done(1, 0, [
      { ...ROUTE, connections: 4, messages: 1 },
      { ...ROUTE, alpn: 'http/1.1' },
    ]),
  );
  assert.deepEqual(fleet.routes(), [
    { ...ROUTE, connections: 5, messages: 11 },
    other,
    { ...ROUTE, alpn: 'http/1.1' },
  ]);
  assert.deepEqual(ROUTE, { proxyWorker: '17', upstream: null, alpn: null, connections: 1, messages: 10 });
});

test('the recordings of a worker that dies are kept, and nothing waits for it', async () => {
  const { a, b, fleet } = makePair();
  const connected = fleet.connect([plan(0, 5), plan(1, 6)]);
  a.report(CONNECTED);
  const failures = { 'tcp/refused': 1, 'upgrade/status-503': 1 };
  b.report(recording(1, { opened: 4 }, { failures }));
  b.report(CONNECTED);
  await connected;
  const ran = fleet.run(TIMES);
  const left = (outstanding: number) => ({ gauges: { outstanding, open: 4 } });
  b.report(recording(1, { due: 102, sent: 100, echoed: 90, lost: 3, unsent: 2 }, left(7)));
  b.report(recording(1, { due: 50, sent: 50, echoed: 51, lost: 1 }, left(5)));
  // A supplement has no gauges, so the number of outstanding messages does not change.
  b.report(recording(1, { due: 1 }, { gauges: null }));
  await b.die();
  a.report(done(0, 9));
  await ran;
  fleet.leave();
  assert.equal(b.heard.at(-1)?.type, 'start', 'nothing is sent to a dead process');
  const expected = {
    worker: 1,
    asked: 6,
    opened: 4,
    failed: 2,
    due: 153,
    sent: 150,
    echoed: 141,
    outstanding: 5,
    lost: 4,
    unsent: 2,
    unasked: 0,
    unawaited: 0,
  };
  assert.deepEqual(fleet.totals()[1], expected);
  assert.deepEqual(
    fleet.ends().map(({ from, recordings }) => [from, recordings]),
    [
      [{ host: 'here', index: 0 }, 3],
      [{ host: 'here', index: 1 }, null],
    ],
  );
});

test('the clients of all workers are told what to do', () => {
  const { a, b, fleet } = makePair();
  for (const what of ['cut', 'stall', 'resume'] as const) fleet.tellClients(what);
  const told = [{ type: 'cut' }, { type: 'stall' }, { type: 'resume' }];
  assert.deepEqual([a.heard, b.heard], [told, told]);
});

test('workers that die before their first recording have opened nothing', async () => {
  const { a, b, fleet } = makePair();
  const opened: number[] = [];
  const connected = fleet.connect([plan(0, 5), plan(1, 6)], async (open) => void opened.push(open));
  await a.die();
  await b.die();
  assert.deepEqual(await connected, { startUs: 0, endUs: 0 });
  assert.deepEqual(opened, [0]);
  const totals = [
    { worker: 0, asked: 5, opened: 0, failed: 0 },
    { worker: 1, asked: 6, opened: 0, failed: 0 },
  ];
  assert.deepEqual(fleet.totals(), totals);
  assert.deepEqual(
    fleet.ends(),
    totals.map((each, index) => ({ from: { host: 'here', index }, totals: each, recordings: null })),
  );
});

test('a worker without a plan has no part in the run', async () => {
  const { a, b, fleet } = makePair();
  const only = plan(0, 5);
  only.runPlan = { ...only.runPlan, openingStages: 2 };
  const connected = fleet.connect([only]);
  a.report(CONNECTED);
  await b.die();
  await isSettled(connected);
  assert.deepEqual(
    a.heard.map(({ type }) => type),
    ['connect', 'connect-more'],
  );
  a.report(CONNECTED);
  assert.deepEqual(await connected, { startUs: 10, endUs: 500_000 });
  a.report(done(0, 3));
  const { totals } = done(0, 3) as Extract<WorkerReport, { type: 'done' }>;
  assert.deepEqual([b.heard, fleet.totals()], [[], [totals]]);
  assert.deepEqual(fleet.ends(), [{ from: { host: 'here', index: 0 }, totals, recordings: 3 }]);
  const none = makePair();
  const nothing = none.fleet.connect([]);
  await none.a.die();
  await none.b.die();
  await nothing;
  assert.deepEqual([none.a.heard, none.b.heard], [[], []]);
});

test('a worker that dies while it connects does not hold up the others', async () => {
  const { a, b, fleet } = makePair();
  const connected = fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report(CONNECTED);
  await b.die();
  await connected;
});

test('the connect phase lasts from the first handshake of any worker to the last', async () => {
  const { a, b, fleet } = makePair();
  const connected = fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report({ type: 'connected', startUs: 20, endUs: 900_001, open: 5 });
  b.report({ type: 'connected', startUs: 10, endUs: 700_000, open: 5 });
  assert.deepEqual(await connected, { startUs: 10, endUs: 900_001 });
});

test('connections opened in batches: the next batch waits for all workers, and for the callback in between', async () => {
  const { a, b, fleet } = makePair();
  const inParts = (worker: number): WorkerPlan => {
    const whole = plan(worker, 5);
    return { ...whole, runPlan: { ...whole.runPlan, openingStages: 3 } };
  };
  const opened: number[] = [];
  const readings: (() => void)[] = [];
  const connected = fleet.connect([inParts(0), inParts(1)], (open) => {
    opened.push(open);
    return new Promise((resolve) => readings.push(resolve));
  });
  const heard = () => [a, b].map(({ heard }) => heard.map(({ type }) => type));
  const tell = async (process: FakeProcess, endUs: number, open: number) => {
    process.report({ type: 'connected', startUs: 10, endUs, open });
    await isSettled(connected);
  };
  await tell(a, 100, 1);
  assert.deepEqual(opened, []);
  await tell(b, 200, 2);
  assert.deepEqual(opened, [3]);
  assert.deepEqual(heard(), [['connect'], ['connect']]);
  readings[0]?.();
  await isSettled(connected);
  assert.deepEqual(heard(), [
    ['connect', 'connect-more'],
    ['connect', 'connect-more'],
  ]);
  await tell(a, 300, 3);
  // Its remaining connections do not hold up the others.
  await b.die();
  await isSettled(connected);
  assert.deepEqual(opened, [3, 5]);
  readings[1]?.();
  await isSettled(connected);
  assert.deepEqual(heard()[1], ['connect', 'connect-more'], 'nothing is sent to a dead process');
  await tell(a, 400, 5);
  assert.equal(await isSettled(connected), false, 'the callback also follows the last batch');
  readings[2]?.();
  assert.deepEqual(await connected, { startUs: 10, endUs: 400 });
  assert.equal(opened.length, 3);
  assert.deepEqual(heard()[0], ['connect', 'connect-more', 'connect-more']);
});

test('an unreadable recording counts as missing', async () => {
  const { a, fleet, recordings } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report({ type: 'recording', base64: 'AQID' });
  a.report(recording(0, { sent: 1 }));
  assert.equal(recordings.length, 1);
  assert.equal(fleet.totals()[0]?.sent, 1);
});

test('the run is stopped once no worker has a connection left, and not before', async () => {
  const { a, b, fleet } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  const ran = fleet.run(TIMES);
  a.report({ type: 'deserted' });
  assert.equal(a.heard.at(-1)?.type, 'start');
  b.report({ type: 'deserted' });
  assert.deepEqual([a.heard.at(-1)?.type, b.heard.at(-1)?.type], ['stop', 'stop']);
  a.report(done(0, 1));
  b.report(done(1, 1));
  await ran;
});

test('if the remaining workers lost their connections, a finished or dead worker does not prolong the run', async () => {
  const { a, b, fleet } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  void fleet.run(TIMES);
  a.report({ type: 'deserted' });
  await b.die();
  assert.equal(a.heard.at(-1)?.type, 'stop');
  const pair = makePair();
  void pair.fleet.connect([plan(0, 5), plan(1, 5)]);
  pair.a.report({ type: 'deserted' });
  pair.b.report(done(1, 2));
  assert.deepEqual(
    [pair.a, pair.b].map(({ heard }) => heard.map(({ type }) => type)),
    [['connect', 'stop'], ['connect']],
  );
});

test('a worker that has finished is not stopped once the others have lost their connections', () => {
  const { a, b, fleet } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  a.report({ type: 'deserted' });
  a.report(done(0, 2));
  b.report({ type: 'deserted' });
  assert.deepEqual(
    [a, b].map(({ heard }) => heard.map(({ type }) => type)),
    [['connect'], ['connect', 'stop']],
  );
});

test('stop before anything was connected ends at once, without totals', async () => {
  const { a, b, fleet } = makePair();
  await fleet.stop();
  assert.deepEqual([a.heard, b.heard, fleet.totals(), fleet.routes()], [[], [], [], []]);
});

test('stop while connecting ends connect and run once the workers have sent all their data', async () => {
  const { a, b, fleet } = makePair();
  const connected = fleet.connect([plan(0, 5), plan(1, 5)]);
  const stopped = fleet.stop();
  assert.deepEqual([a.heard.at(-1)?.type, b.heard.at(-1)?.type], ['stop', 'stop']);
  a.report(done(0, 0));
  assert.equal(await isSettled(stopped), false);
  await b.die();
  await Promise.all([connected, stopped]);
});

test('stop during the run resolves when the run ends', async () => {
  const { a, b, fleet } = makePair();
  void fleet.connect([plan(0, 5), plan(1, 5)]);
  const ran = fleet.run(TIMES);
  const stopped = fleet.stop();
  for (const [worker, process] of [a, b].entries()) process.report(done(worker, 1));
  await Promise.all([ran, stopped]);
});
