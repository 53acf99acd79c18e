import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { CARRIERS_HERE } from '../../server/ring/ring.test.fixture.ts';
import { makeMerger } from '../measure/merge.ts';
import type { Workload } from '../model/load.ts';
import type { CarrierName } from '../model/plan.ts';
import { counted } from '../model/recording.ts';
import type { Slice } from '../model/run.ts';
import { behaviourOf } from './behaviour.ts';
import { clockSince, monotonicNs } from './clock.ts';
import { portOf } from './connections/connection.test.fixture.ts';
import { type Fleet, makeFleet, type WorkerProcess } from './fleet.ts';
import { makePacer } from './pacing/pacer.ts';
import type { WorkerPlan, WorkerReport } from './protocol.ts';

const SEED = 5;
const ENTRY = new URL('./worker.js', import.meta.url);

/** Starts a worker with a channel that carries only JSON, as on any engine. It is killed when the test ends. */
async function startWorker(t: TestContext): Promise<WorkerProcess> {
  const child = fork(ENTRY, { serialization: 'json', execArgv: ['--expose-gc'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child, 'message');
  return {
    name: 'worker',
    send: (command) => void child.send(command),
    onReport: (listen) => void child.on('message', (report: WorkerReport) => listen(report)),
    exited,
  };
}

interface EchoServer {
  port: number;
  server: WebSocketServer;
  /** The number of connections that arrived, and the connection numbers in their messages. */
  seen: { connections: number; numbers: Set<string> };
}

async function echoServer(t: TestContext, delayMs = 0): Promise<EchoServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const seen = { connections: 0, numbers: new Set<string>() };
  server.on('connection', (socket) => {
    seen.connections++;
    socket.on('message', (data: Buffer, binary) => {
      seen.numbers.add(data.toString('latin1', 5, 9));
      if (delayMs === 0) socket.send(data, { binary });
      else setTimeout(() => socket.send(data, { binary }), delayMs);
    });
  });
  await once(server, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { port: portOf(server), server, seen };
}

function planOf(
  ports: number[],
  load: Workload['load'],
  epochNs: bigint,
  worker: number,
  carrier: CarrierName,
): WorkerPlan {
  return {
    id: { host: hostname(), index: worker },
    behaviour: behaviourOf({ scenario: 'echo', options: {} }),
    scenarioFile: null,
    epochNs: String(epochNs),
    connections: 5,
    servers: [],
    target: { host: '127.0.0.1', ports, path: '/', tls: null },
    sourcePorts: [],
    rampPerSecond: 0,
    pendingHandshakes: 10,
    runPlan: {
      target: { kind: 'sandbox' },
      carrier,
      connections: 10,
      workers: 2,
      sourceAddresses: [],
      workload: {
        scenario: 'echo',
        load,
        payload: { minBytes: 16, maxBytes: 16, type: 'text' },
        options: {},
      },
      step: load?.kind === 'open' ? 'latency' : 'throughput',
      timeline: [],
      openingStages: 1,
      echoTimeoutMs: 20_000,
      connectTimeoutMs: 20_000,
      client: 'lean',
      pacing: load?.kind !== 'open' ? null : load.arrivals === 'uniform' ? 'sleep' : 'spin',
      turns: null,
      seed: SEED,
    },
  };
}

interface Driven {
  fleet: Fleet;
  slices: Slice[];
  faults: string[];
}

/** Runs 100 ms of warm-up and 301 ms of steady phase. */
async function driveOn(
  carrier: CarrierName,
  t: TestContext,
  ports: number[],
  load: Workload['load'],
  onSteady: () => void = () => {},
  openingStages = 1,
  between?: (open: number) => Promise<void>,
): Promise<Driven> {
  const processes = await Promise.all([startWorker(t), startWorker(t)]);
  const epochNs = monotonicNs();
  const clock = clockSince(epochNs);
  const merger = makeMerger(processes.length);
  const fleet = makeFleet(processes, (recording) => assert.ok(merger.add(recording)));
  const plans = processes.map((_, worker) => {
    const plan = planOf(ports, load, epochNs, worker, carrier);
    return { ...plan, runPlan: { ...plan.runPlan, openingStages } };
  });
  const handshakes = await fleet.connect(plans, between);
  const { startUs, endUs: connectedUs } = handshakes;
  assert.ok(startUs > 0 && startUs < connectedUs && connectedUs < clock());
  const warmUpUs = Math.ceil(clock()) + 50_000;
  const steadyUs = warmUpUs + 100_000;
  const timer = setTimeout(onSteady, 150);
  await fleet.run({ connectedUs, warmUpUs, steadyUs, drainUs: steadyUs + 301_000 });
  clearTimeout(timer);
  fleet.leave();
  await Promise.all(processes.map(({ exited }) => exited));
  const slices = merger.slices();
  const connect = slices.filter(({ phase }) => phase === 'connect');
  assert.equal(connect.at(-1)?.endUs, connectedUs, 'the connect phase ends with the last handshake');
  return { fleet, slices, faults: merger.check(fleet.ends()).map(({ text }) => text) };
}

const sum = (slices: readonly Slice[], name: string) =>
  slices.reduce((total, { counters }) => total + counted(counters, name), 0);

for (const carrier of CARRIERS_HERE) {
  const drive = driveOn.bind(null, carrier);
  describe(`workers on ${carrier}`, () => {
    test('open loop: workers whose channel carries only JSON report everything, and the totals add up', async (t) => {
      // Far longer than a timeout in the wrong unit.
      const servers = [await echoServer(t, 120), await echoServer(t, 120)];
      const load = { kind: 'open', ratePerSecond: 500, arrivals: 'uniform' } as const;
      const { fleet, slices, faults } = await drive(
        t,
        servers.map(({ port }) => port),
        load,
      );
      assert.deepEqual(faults, []);
      assert.deepEqual([sum(slices, 'due'), sum(slices, 'echoed'), sum(slices, 'unsent')], [201, 201, 0]);
      const steady = slices.filter(({ phase }) => phase === 'steady' || phase === 'drain');
      assert.equal(sum(steady, 'due'), 151);
      assert.deepEqual(
        fleet.totals().map(({ worker, asked, opened, failed, due }) => [worker, asked, opened, failed, due]),
        [
          [0, 5, 5, 0, 101],
          [1, 5, 5, 0, 100],
        ],
      );
      assert.deepEqual(
        servers.map(({ seen }) => seen.connections),
        [6, 4],
      );
      const [a, b] = servers.map(({ seen }) => seen.numbers);
      assert.equal(new Set([...(a ?? []), ...(b ?? [])]).size, 10);
      assert.equal(
        fleet.routes().reduce((total, { messages }) => total + messages, 0),
        201,
      );
    });

    test('open loop: each worker’s messages are due according to the schedule of its seed', async (t) => {
      const { port } = await echoServer(t);
      const load = { kind: 'open', ratePerSecond: 500, arrivals: 'poisson' } as const;
      const { fleet, faults } = await drive(t, [port], load);
      assert.deepEqual(faults, []);
      const due = [0, 1].map((worker) => {
        const pacer = makePacer(load, 0, worker, 2, SEED);
        let count = 0;
        for (; pacer.dueUs < 401_000; pacer.advance()) count++;
        return count;
      });
      assert.deepEqual(
        fleet.totals().map(({ sent }) => sent),
        due,
      );
    });

    test('closed loop: every connection receives echoes', async (t) => {
      const { port } = await echoServer(t);
      const { slices, faults } = await drive(t, [port], { kind: 'closed', inFlight: 2 });
      assert.deepEqual(faults, []);
      assert.ok(sum(slices, 'echoed') >= 20);
      assert.deepEqual([sum(slices, 'opened'), sum(slices, 'lost')], [10, 0]);
    });

    test('if the server disappears, the run ends and the messages on its connections count as lost', async (t) => {
      const { port, server } = await echoServer(t);
      const load = { kind: 'open', ratePerSecond: 500, arrivals: 'uniform' } as const;
      const { fleet, slices, faults } = await drive(t, [port], load, () => {
        for (const socket of server.clients) socket.terminate();
      });
      assert.deepEqual(faults, []);
      const totals = fleet.totals();
      assert.deepEqual(
        totals.map(({ failed }) => failed),
        [5, 5],
      );
      for (const worker of totals) {
        const of = (name: string) => counted(worker, name);
        assert.equal(worker.due, of('sent') + of('unsent'));
        assert.deepEqual([worker.sent, worker.outstanding], [of('echoed') + of('lost'), 0]);
      }
      assert.ok(sum(slices, 'echoed') < 200);
    });

    test('connections opened in batches arrive batch by batch, and all of them carry the load', async (t) => {
      const { port, seen } = await echoServer(t);
      const opened: [told: number, seen: number][] = [];
      const between = async (open: number) => void opened.push([open, seen.connections]);
      const load = { kind: 'closed', inFlight: 1 } as const;
      const { fleet, slices, faults } = await drive(t, [port], load, () => {}, 3, between);
      assert.deepEqual(faults, []);
      // Of five connections on each of two workers, one, three and then five are open.
      assert.deepEqual(opened, [
        [2, 2],
        [6, 6],
        [10, 10],
      ]);
      assert.equal(seen.numbers.size, 10);
      assert.deepEqual(
        fleet.totals().map(({ asked, opened, failed }) => [asked, opened, failed]),
        [
          [5, 5, 0],
          [5, 5, 0],
        ],
      );
      assert.equal(sum(slices, 'opened'), 10);
    });

    test('with more batches than connections, some batches are empty and delay nothing', async (t) => {
      const { port, seen } = await echoServer(t);
      let parts = 0;
      const between = async () => void parts++;
      const { faults } = await drive(t, [port], { kind: 'closed', inFlight: 1 }, () => {}, 7, between);
      assert.deepEqual([faults, parts, seen.connections], [[], 7, 10]);
    });

    test('a stopped worker opens no further connections', async (t) => {
      const { port, seen } = await echoServer(t);
      const worker = await startWorker(t);
      const told = (type: WorkerReport['type']) =>
        new Promise<void>((resolve) => worker.onReport((report) => report.type === type && resolve()));
      const plan = planOf([port], { kind: 'closed', inFlight: 1 }, monotonicNs(), 0, carrier);
      const connected = told('connected');
      const done = told('done');
      worker.send({ type: 'connect', plan: { ...plan, runPlan: { ...plan.runPlan, openingStages: 5 } } });
      await connected;
      worker.send({ type: 'stop' });
      worker.send({ type: 'connect-more' });
      await done;
      worker.send({ type: 'leave' });
      await worker.exited;
      assert.equal(seen.connections, 1);
    });
  });
}
