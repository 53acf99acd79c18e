import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { encodePairs } from '../measure/histogram.ts';
import type { BenchEvent } from '../model/event.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run, RunProcess } from '../model/run.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import type { VariantProxy } from '../topology/driver.ts';
import { createPrivateFolder, PRIVATE_FOLDER_PREFIX, RECORD } from '../topology/private-folder.ts';
import type { StartedTarget } from '../topology/target.ts';
import type { Warden } from '../topology/warden.ts';
import { lostFolder } from '../topology/workplace.ts';
import type { RunContext } from './context.ts';
import {
  bytesOf,
  recordingOf,
  seriesOf,
  settingsOf,
  shortPlan,
  simulatedHosts,
  totalsOf,
  VARIANT,
  WORKER,
  type Work,
} from './run.test.fixture.ts';
import { executeRun } from './run.ts';

const temporary = makeOpenFolder(join(tmpdir(), 'run-test-'));
after(() => rm(temporary, { recursive: true, force: true }));

/** A warden without a process. It notes the folders of the run. */
function simulatedWarden(folders: string[]): Warden {
  const warden: Partial<Warden> = {
    watch: () => {},
    forget: () => {},
    makeFolder() {
      const folder = createPrivateFolder(temporary, PRIVATE_FOLDER_PREFIX);
      folders.push(folder);
      return folder;
    },
    removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
  };
  return warden as Warden;
}

interface Simulation {
  plan?: Partial<RunPlan>;
  context?: Partial<RunContext>;
  target?: Partial<StartedTarget>;
  work?: Work;
  /** Called when the load begins, with the run's folder and its hosts. */
  onLoad?(folder: string, hosts: ReturnType<typeof simulatedHosts>): Promise<void> | void;
}

async function execute({ plan = {}, context = {}, target, work, onLoad }: Simulation = {}) {
  const folders: string[] = [];
  const hosts = simulatedHosts(work, target);
  const events: BenchEvent[] = [];
  let listed: readonly RunProcess[] = [];
  const run = await executeRun({
    ...settingsOf(shortPlan(plan), events),
    warden: simulatedWarden(folders),
    coordinator: hosts.coordinator,
    places: hosts.places,
    proxyWatch: hosts.proxyWatch,
    onProcesses(processes) {
      listed = processes;
    },
    async emit(event) {
      events.push(event);
      if (event.type === 'phase' && event.phase === 'connect') await onLoad?.(folders[0] ?? '', hosts);
    },
    ...context,
  });
  const phases = events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
  return { ...hosts, run, events, phases, listed, folders };
}

/** The parts of a run that do not depend on the clock or the machine. */
function timeless({ phases: _p, startedAt: _s, machine: _m, listenDrops: _l, validity: _v, ...run }: Run) {
  return {
    ...run,
    processes: run.processes.map(({ samples: _, bornUs: _b, ...process }) => process),
    notices: run.notices.map(({ code }) => code),
  };
}

const RUNNER: RunProcess = { component: 'runner', role: 'runner', name: 'runner', pid: process.pid };
const SHARE = { component: 'proxy', name: 'nginx worker 1', connections: 0, messages: 0 };

describe('a run', () => {
  test('combines what its proxy, servers, generators and other hosts report', async () => {
    const before = new Date().toISOString();
    const { run, asked, phases, listed, processes, servers, target } = await execute();
    assert.ok(run.startedAt >= before && run.startedAt <= new Date().toISOString());
    assert.deepEqual(phases.slice(0, 2), ['set-up', 'connect']);
    assert.equal(phases.at(-1), 'tear-down');
    assert.deepEqual(listed, [WORKER, ...processes, RUNNER]);
    const hostOf = (name: string, sendLag: string | null) => ({
      ...{ name, role: 'generator', cpus: 2, isRunners: false, machine: null, samples: null },
      ...{ workers: [0, 1], clock: { errorUs: 1, driftUs: null }, sendLag },
    });
    const plan = shortPlan();
    const series = (name: string, host: string) => {
      const { samples: _, bornUs: _b, ...process } = seriesOf(name, host);
      return process;
    };
    const { slices, notices, ...rest } = timeless(run);
    assert.deepEqual(rest, {
      plan,
      outcome: { state: 'completed' },
      timeline: [],
      memory: [],
      queues: [],
      workers: [totalsOf(0), totalsOf(1)],
      // The runner has the same process as the simulated worker of Nginx, and is not sampled twice.
      processes: [
        ...[WORKER, ...processes].map((process) => ({ ...process, endedUs: null })),
        series('process of proxy', 'proxy-host'),
        series('process of generator', 'here'),
        series('process of generator', 'there'),
      ],
      spread: [
        SHARE,
        { component: 'proxy', name: 'nginx worker (process 5)', connections: 6, messages: 8 },
        { component: 'server', name: 'echo server 1', connections: 4, messages: 12 },
        { component: 'generator', name: 'generator 1', connections: 2, messages: 6 },
        { component: 'generator', name: 'generator 2', connections: 2, messages: 6 },
      ],
      httpLoad: null,
      hosts: [
        hostOf('proxy-host', null),
        hostOf('here', encodePairs(Uint32Array.of(3, 12))),
        hostOf('there', null),
      ],
      probe: {
        ...{ alpn: 'http/1.1', alpnOffered: null, extendedConnect: null, tlsProtocol: null, tlsCipher: null },
        ...{ tlsKeyType: null, tlsResumed: null },
      },
      http: null,
      proxy: { ...target.proxy?.facts, errorLog: ['[warn] a line'] },
    });
    assert.deepEqual(
      slices.map(({ startUs, endUs, phase, counters, gauges }) => ({
        ...{ startUs, endUs, phase, sent: counters.sent, gauges },
      })),
      [{ startUs: 20, endUs: 1020, phase: 'steady', sent: 12, gauges: { open: 4, outstanding: 0 } }],
    );
    assert.deepEqual(notices.slice(0, 4), [
      ...['target-answers-any', 'target-answers-any', 'target-answers-none', 'no-process-figures'],
    ]);
    assert.deepEqual(asked.generator, { ...plan, cpus: null, target });
    assert.deepEqual(asked.servers, {
      ...{ count: 2, kind: 'lean', engine: 'node', args: [] },
      maxPayloadBytes: asked.servers?.maxPayloadBytes,
    });
    assert.deepEqual(asked.proxy, {
      ...{ kind: 'nginx', profile: 'plain', tunings: VARIANT.proxy?.tunings },
      ...{ proxy: plan.proxy, upstreams: servers },
    });
    const names = ['servers', 'proxy', 'generator', 'watch'];
    assert.deepEqual(asked.log, [
      ...names.map((name) => `${name} observes every 1000 ms`),
      ...names.map((name) => `${name} samples at 3 times`),
      ...names.map((name) => `${name} ends`),
    ]);
    assert.deepEqual(asked.commands, ['connect', 'connect', 'start', 'start', 'leave', 'leave']);
    assert.deepEqual(
      asked.workerPlans.map((each) => [each.connections, each.sourcePorts, each.target.ports]),
      [0, 1].map(() => [2, [40_001, 40_003, 40_005, 40_007, 40_009], [4430]]),
    );
  });

  test('samples its processes before the load and at its end, with the loops of its generators', async () => {
    const loop = { startUs: 1, endUs: 50, utilisation: 0.25, delayMaxUs: 70 };
    const { run, processes } = await execute({
      work({ index, report, finish }) {
        if (index === 1) report(bytesOf(recordingOf(0, { sequence: 1, phase: 'drain', loop })));
        finish();
      },
    });
    const [, generator] = run.processes;
    assert.equal(generator?.pid, processes[0]?.pid);
    const { samples = [] } = generator ?? {};
    assert.equal(samples[0]?.atUs, 0);
    assert.deepEqual(
      samples.slice(0, 2).map((each) => [each.loopUtilisation, each.loopDelayMaxUs]),
      [
        [null, null],
        [0.25, 70],
      ],
    );
    // Before the epoch, when the connections are open, and at the end.
    assert.ok(samples.length >= 3);
    assert.ok((run.machine?.samples.length ?? 0) >= 3);
  });

  test('reports recordings that are missing', async () => {
    const { run } = await execute({
      work({ index, report, finish }) {
        const totals = { totals: totalsOf(index), routes: [] };
        if (index === 1) report({ type: 'done', ...totals, recordings: 3 });
        else finish();
      },
    });
    const missing = run.notices.filter(({ code }) => code === 'recordings-missing');
    assert.deepEqual(
      missing.map(({ level, data }) => [level, data]),
      [['warning', { missing: 2, of: 3, generator: 2, host: 'here' }]],
    );
  });

  test('samples its memory after each batch of connections, and its queues if the scenario fills them', async () => {
    const { workload } = shortPlan();
    const plan = { openingStages: 2, workload: { ...workload, scenario: 'slow-consumer' } };
    const { run, asked } = await execute({ plan });
    assert.deepEqual(asked.commands.slice(0, 4), ['connect', 'connect', 'connect-more', 'connect-more']);
    assert.deepEqual(
      run.memory.map(({ open, proxyBytes, kernelBytes, proxyFiles }) => ({
        ...{ open, isWhole: [proxyBytes, kernelBytes, proxyFiles].every((each) => (each ?? 0) > 0) },
      })),
      [0, 1].map(() => ({ open: 4, isWhole: true })),
    );
    const [first, second] = run.memory;
    assert.ok(first && second && second.atUs - first.atUs >= 499_000 && Number.isInteger(first.atUs));
    const { atUs, client, server } = run.queues.at(-1) ?? {};
    assert.deepEqual([client?.open, server?.open], [0, 0]);
    assert.ok((atUs ?? 0) >= second.atUs);
  });

  test('that is interleaved announces its processes, and is never saved before its end', async () => {
    const brought: (readonly RunProcess[])[] = [];
    const saved: Run[] = [];
    let listens = 0;
    const { processes, events } = await execute({
      context: {
        place: {
          isLast: false,
          ready: async () => process.hrtime.bigint(),
          bring: (all) => brought.push(all),
          onBrought(listen) {
            listens++;
            listen([]);
          },
        },
        saveSoFar: async (run) => void saved.push(run),
      },
    });
    assert.deepEqual([brought, listens, saved], [[[WORKER, ...processes]], 1, []]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'phase' ? [event.phase] : [])),
      ['set-up', 'connect', 'tear-down'],
    );
  });

  test('fails if a host is lost, and stops the workers', async () => {
    const { run, asked } = await execute({
      work: () => {},
      onLoad: (_, hosts) => hosts.asked.lose('The agent b was lost.'),
    });
    assert.deepEqual(run.outcome, { state: 'failed', reason: 'The agent b was lost.' });
    assert.deepEqual(asked.commands.slice(-4), ['stop', 'stop', 'leave', 'leave']);
  });

  for (const isLost of [false, true])
    test(`${isLost ? 'that failed keeps its reason' : 'fails'} if its folder was lost`, async () => {
      const { run, folders } = await execute({
        ...(isLost ? { work: () => {} } : {}),
        async onLoad(folder, hosts) {
          await rm(join(folder, RECORD));
          if (isLost) hosts.asked.lose('The agent b was lost.');
        },
      });
      const reason = isLost ? 'The agent b was lost.' : lostFolder(folders[0] ?? '');
      assert.deepEqual(run.outcome, { state: 'failed', reason });
    });

  test('ends with the reason of the signal if it is stopped before the load', async () => {
    const signal = AbortSignal.abort(new Error('called off'));
    await assert.rejects(execute({ context: { signal } }), { message: 'called off' });
  });
});

describe('the target of a run', () => {
  test('is the echo servers themselves if there is no proxy, and has no probe', async () => {
    const { run, asked, listed, processes } = await execute({
      plan: { proxy: null },
      context: { variant: { ...VARIANT, proxy: null } },
    });
    assert.deepEqual([run.proxy, run.probe, asked.proxy], [null, null, null]);
    assert.equal(run.spread[0]?.name, 'nginx worker (process 5)');
    assert.deepEqual(
      asked.workerPlans.map(({ target }) => target.ports),
      [
        [9001, 9002],
        [9001, 9002],
      ],
    );
    assert.deepEqual(listed, [...processes, RUNNER]);
  });

  test('is a server outside, of which nothing is started', async () => {
    const target: RunPlan['target'] = {
      ...{ kind: 'external', url: 'ws://127.0.0.1:7/chat', expect: 'any', certificate: null },
      ...{ subprotocols: [], isRemote: false },
    };
    const { coordinator } = simulatedHosts();
    const alone: typeof coordinator = {
      start: async (plan) => ({
        ...(await coordinator.start(plan)),
        end: async () => ({ processes: [], hosts: [] }),
      }),
    };
    const { run, asked } = await execute({ plan: { target, server: null, proxy: null, servers: 0 } });
    const { run: here } = await execute({
      plan: { target, server: null, proxy: null, servers: 0 },
      context: { coordinator: alone },
    });
    assert.deepEqual([run.hosts?.length, 'hosts' in here], [2, false]);
    assert.deepEqual([run.proxy, run.probe, asked.proxy, asked.servers], [null, null, null, null]);
    assert.deepEqual(
      asked.workerPlans.map(({ target: { host, ports, path }, servers }) => [host, ports, path, servers]),
      [0, 1].map(() => ['127.0.0.1', [7], '/chat', []]),
    );
    assert.deepEqual(
      run.notices.slice(0, 2).map(({ code }) => code),
      ['target-answers-any', 'target-answers-any'],
    );
  });

  test('is started by the variant’s proxy on this host', async () => {
    const upgradeTo = { path: '/new', version: '1', openssl: null, origin: null };
    const timeline: RunPlan['timeline'] = [{ atMs: 90_000, action: { kind: 'upgrade', to: null } }];
    for (const [changes, opening] of [
      [{}, { upgradeTo: null }],
      [
        { timeline, listen: '10.0.0.1' },
        { upgradeTo, host: '10.0.0.1' },
      ],
    ] as const) {
      let started: unknown[] = [];
      const hosts = simulatedHosts();
      const proxy = {
        ...{ binary: { ...upgradeTo, path: '/old' }, upgradeTo },
        prepared: {
          async start(...options: unknown[]) {
            started = options;
            return hosts.target;
          },
        },
      } as unknown as VariantProxy;
      const { startServers } = hosts.places;
      const places = startServers === undefined ? {} : { startServers };
      const { run, folders } = await execute({ plan: changes, context: { proxy, places } });
      assert.deepEqual(run.outcome, { state: 'completed' });
      const [plan, binary, servers, folder, , last] = started;
      assert.deepEqual([plan, binary, folder, last], [shortPlan(changes), proxy.binary, folders[0], opening]);
      assert.equal((servers as unknown[]).length, 2);
    }
  });

  test('must have a proxy if one is planned', async () => {
    await assert.rejects(execute({ context: { places: {} }, plan: { servers: 0 } }), {
      name: 'TypeError',
      message: 'there is no proxy for plain',
    });
  });

  test('is a problem of the environment if it does not speak TLS', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => closed.once('listening', done));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    const tls = { servername: 'localhost' };
    await assert.rejects(execute({ target: { ports: [port], tls } }), {
      kind: 'environment',
      message: /^Nginx does not answer as a TLS listener should: .*nothing listens there/,
    });
    await assert.rejects(execute({ target: { ports: [port], tls, proxy: null } }), {
      kind: 'environment',
      message: /^The TLS handshake with the target failed: .*nothing listens there/,
    });
    const { run } = await execute({ target: { ports: [] } });
    assert.equal(run.probe, null);
  });
});

describe('the visit of a profile', () => {
  /** Starts a web server that answers as given, and returns its port and the requests that it received. */
  async function webServer(t: TestContext, answer: boolean) {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.host}`);
      if (answer) response.writeHead(404).end('no such page');
      else request.socket.destroy();
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((done) => server.once('listening', done));
    return { requests, port: (server.address() as AddressInfo).port };
  }
  const profile = { ...profileNamed('plain'), visit: '/health' };

  test('is one ordinary request, whose response may be anything', async (t) => {
    const { requests, port } = await webServer(t, true);
    const { run } = await execute({ context: { profile }, target: { ports: [port] } });
    assert.deepEqual(run.outcome, { state: 'completed' });
    const request = { host: 'example.org', headers: [] };
    await execute({ context: { profile }, target: { ports: [port], request } });
    assert.deepEqual(requests, [`GET /health 127.0.0.1:${port}`, 'GET /health example.org']);
  });

  test('must have a response', async (t) => {
    const { port } = await webServer(t, false);
    await assert.rejects(execute({ context: { profile }, target: { ports: [port] } }), {
      kind: 'environment',
      message: /^Nginx does not answer a GET of \/health: /,
    });
  });
});
