import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../model/machine.ts';
import type { StepPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { StepOfVariant } from '../model/strategy.ts';
import { parseRequest } from '../request/request.ts';
import { notice } from '../wording/finding.ts';
import { profileNamed, requestOf, SMALL_MACHINE, sidesOf } from './plan.test.fixture.ts';
import { planRequest } from './plan.ts';
import { fitTogether, preflight } from './preflight.ts';
import { memoryOf } from './reckoning.ts';

const PLAIN = profileNamed('plain');

/** Plans one step of a command line. */
function decide(
  line: string,
  machine: Partial<Machine> = {},
  of: Partial<StepOfVariant> = {},
  profile: Profile = PLAIN,
) {
  const request = requestOf(line);
  const [step = ''] = request.steps;
  const context = { machine: { ...SMALL_MACHINE, ...machine }, profile, profiles: [profile], seed: 3 };
  return preflight(request, { variant: profile.name, step, ...context, ...of });
}

function noticesOf(...of: Parameters<typeof decide>) {
  return decide(...of).notices;
}

test('the backlog is that of the connections, between 511 and 4096, as far as the system allows', () => {
  const backlog = (connections: number, somaxconn: number | null) =>
    decide(`-c ${connections}`, { somaxconn }).plan.proxy?.backlog;
  assert.deepEqual(
    [backlog(510, null), backlog(512, null), backlog(4096, null), backlog(5000, null)],
    [511, 512, 4096, 4096],
  );
  assert.deepEqual([backlog(600, 600), backlog(600, 599), backlog(600, 0)], [600, 599, 1]);
  const reported = (somaxconn: number) => noticesOf('-c 600', { somaxconn });
  assert.deepEqual(reported(600), []);
  assert.deepEqual(reported(511), [notice('info', 'preflight-backlog', { backlog: 511, wanted: 600 })]);
  assert.deepEqual(reported(510), [notice('warning', 'preflight-backlog', { backlog: 510, wanted: 600 })]);
});

test('memory must hold the processes and connections; above nine tenths with TLS, there is a warning', () => {
  const { plain, tls } = memoryOf(
    {
      ...{ connections: 5000, client: 'lean', server: 'lean', loop: 'closed', inFlight: 1 },
      payload: requestOf('').payload,
    },
    { workers: 1, servers: 1, proxyWorkers: 1 },
  );
  const reported = (memoryBytes: number) => noticesOf('-c 5k', { memoryBytes });
  const warning = (availableBytes: number) => [
    notice('warning', 'preflight-memory', {
      connections: 5000,
      plainBytes: plain,
      tlsBytes: tls,
      availableBytes,
    }),
  ];
  assert.deepEqual(reported(Math.ceil(tls / 0.9)), []);
  assert.deepEqual(reported(Math.floor(tls / 0.9) - 1), warning(Math.floor(tls / 0.9) - 1));
  assert.deepEqual(reported(plain), warning(plain));
  assert.throws(() => reported(plain - 1), {
    kind: 'environment',
    code: 'preflight-memory',
    message: /^5,000 connections need/,
  });
  const together = (memoryBytes: number) =>
    fitTogether(requestOf('-c 5k'), [PLAIN, PLAIN], { ...SMALL_MACHINE, memoryBytes });
  assert.deepEqual(
    [together(Math.ceil((2 * tls) / 0.9)), together(Math.floor((2 * tls) / 0.9) - 1)],
    [true, false],
  );
});

test('connections are hashed to workers if one worker could not hold all of them', () => {
  const proxy = (line: string, openFilesLimit: number) => {
    const { workers, workerConnections, workerFiles, reuseport } =
      decide(line, { openFilesLimit }).plan.proxy ?? assert.fail();
    return [workers, workerConnections, workerFiles, reuseport];
  };
  // 511 × 7/8 ÷ 2 WebSockets fit into the least number of connections.
  assert.deepEqual(proxy('-c 100', 20_000), [1, 512, 576, false]);
  assert.deepEqual(proxy('-c 1k', 20_000), [1, 2350, 2414, false]);
  assert.deepEqual(proxy('-c 1k --nginx-workers 2', 20_000), [2, 2350, 2414, false]);
  assert.deepEqual(proxy('-c 500 --nginx-workers 5', 1000), [5, 936, 1000, true]);
  assert.deepEqual(noticesOf('-c 500 --nginx-workers 5', { openFilesLimit: 1000 }), [
    notice('info', 'preflight-reuseport', { workerConnections: 936, connections: 500 }),
  ]);
});

test('a run of one step may have its own connections, payload, duration and workers, sized for the largest run', () => {
  const { plan, ports } = decide(
    '-c 100',
    {},
    {
      ...{
        connections: 50,
        durationMs: 700,
        proxyWorkers: 2,
        largest: { connections: 1000, proxyWorkers: 4 },
      },
      payload: { minBytes: 5, maxBytes: 5, type: 'binary' },
    },
  );
  assert.deepEqual(
    [
      plan.connections,
      plan.durationMs,
      plan.workers,
      plan.proxy?.workers,
      plan.proxy?.workerConnections,
      ports,
    ],
    [50, 700, 1, 2, 2350, 50],
  );
  assert.equal(plan.http?.durationMs, 700);
  const few = decide(
    '-c 100',
    { cpus: [0, 1, 2, 3, 4, 5, 6, 7, 8] },
    { connections: 2, largest: { connections: 9 } },
  );
  assert.deepEqual([few.plan.workers, few.plan.servers], [2, 3]);
});

test('the HTTP leg runs in the first step, unless it is not wanted, and lasts at most two seconds', () => {
  const http = (line: string, step?: string) =>
    decide(line, {}, step === undefined ? {} : { step }).plan.http;
  assert.deepEqual(http('-d 5s'), { connections: 10, durationMs: 2000, ratePerSecond: null });
  assert.equal(http('-d 5s', 'latency'), null);
  assert.equal(http('--no-http'), null);
  assert.equal(http('--scenario idle'), null);
});

test('an engine is chosen by its option, the carrier or the way certificates are verified', () => {
  const engine = (line: string, machine: Partial<Machine> = {}, of: Partial<StepOfVariant> = {}) => {
    const { plan } = decide(line, machine, of);
    return [plan.engine, plan.carrier];
  };
  assert.deepEqual(engine(''), ['bun', 'io_uring']);
  assert.deepEqual(engine('--engine node'), ['node', 'sockets']);
  assert.deepEqual(engine('--carrier sockets'), ['bun', 'sockets']);
  assert.deepEqual(engine('--carrier io_uring --payload 5k'), ['bun', 'io_uring']);
  assert.deepEqual(engine('--payload 5k'), ['node', 'sockets']);
  assert.deepEqual(engine('--carrier io_uring', { bun: null, ioUring: null }), ['node', 'sockets']);
  assert.deepEqual(engine('--scenario connect --steps fastest'), ['bun', 'sockets']);
  assert.deepEqual(engine('-c 10k'), ['bun', 'io_uring']);
  assert.deepEqual(engine('-c 10k', {}, { largest: { connections: 10_001 } }), ['bun', 'sockets']);
  const tls = { ...PLAIN, upstreamTls: true };
  assert.equal(decide('', {}, {}, tls).plan.carrier, 'sockets');
});

test('a run on hosts of agents uses Bun only if all of them have it, and names the agents', () => {
  const host = (agent: string, bun: boolean) => ({
    agent,
    cpus: 2,
    openFilesLimit: 20_000,
    somaxconn: 99,
    bun,
  });
  const generators = { agents: ['a', 'b'], openFilesLimit: 20_000, bun: true, scarcePorts: null };
  const line = '--nats nats://n --agents 2';
  const plan = (machine: Partial<Machine>, more = ''): StepPlan => decide(`${line}${more}`, machine).plan;
  assert.equal(plan({ generators }).engine, 'bun');
  assert.equal(plan({ generators: { ...generators, bun: false } }).engine, 'node');
  const servers = [host('s', true), host('t', true)];
  assert.equal(plan({ generators, serverHosts: servers }).engine, 'bun');
  assert.equal(plan({ generators, serverHosts: [host('s', true), host('t', false)] }).engine, 'node');
  const { agents, serverAgents, proxyAgent, listen, placement, pacing } = plan({
    generators,
    serverHosts: servers,
  });
  assert.deepEqual(
    [agents, serverAgents, proxyAgent, listen, placement, pacing],
    [['a', 'b'], ['s', 't'], undefined, undefined, null, null],
  );
  const proxyHost = host('p', true);
  const behind = '--nats nats://n --proxy-agent p --server-agents 1';
  const elsewhere = { proxyHost, serverHosts: [host('s', true)] };
  const proxyAgentOf = (...of: Parameters<typeof decide>) => decide(...of).plan.proxyAgent;
  assert.equal(proxyAgentOf(behind, elsewhere), 'p');
  assert.equal(proxyAgentOf(behind, elsewhere, {}, profileNamed('direct')), undefined);
  const bare = decide('').plan;
  for (const name of ['agents', 'serverAgents', 'proxyAgent', 'listen']) assert.ok(!(name in bare), name);
  assert.equal(decide('', { serverHosts: [host('s', true)] }).plan.placement, null);
});

test('a profile that needs its servers on this host, or their certificates, is refused otherwise', () => {
  const serverHosts = [{ agent: 's', cpus: 2, openFilesLimit: 20_000, somaxconn: 99, bun: true }];
  const tls = { ...PLAIN, name: 'reencrypt', upstreamTls: true };
  assert.throws(() => decide('', { serverHosts }, {}, tls), {
    kind: 'usage',
    message: /^reencrypt .* over TLS/,
  });
  assert.throws(() => decide('', { serverHosts }, {}, profileNamed('unix-socket')), {
    ...{ kind: 'usage', message: /^unix-socket .* through a Unix-domain socket/ },
  });
  assert.throws(() => decide('--backend x{port}', {}, {}, tls), {
    kind: 'usage',
    message: /^reencrypt .* --backend/,
  });
  decide('', {}, {}, profileNamed('unix-socket'));
  const { plan, notices } = decide('--backend x{port}');
  assert.deepEqual([plan.server, plan.backend], ['own', 'x{port}']);
  assert.deepEqual(notices.at(-1), notice('info', 'own-backend', {}));
  assert.deepEqual(
    noticesOf('-c 600 --backend x{port} --engine node', { somaxconn: 599 }).map(({ code }) => code),
    ['preflight-backlog', 'own-backend'],
  );
  assert.deepEqual(
    noticesOf('-c 10k --nginx-workers 2', { somaxconn: 599 }).map(({ code }) => code),
    ['preflight-reuseport', 'preflight-backlog'],
  );
});

test('a server that is already running has no servers, placement or HTTP leg, and may have an agent beside it', () => {
  const external = (line: string, machine: Partial<Machine> = {}) => {
    const request = parseRequest(['--target', ...line.split(' '), '-R', '50', '-c', '20k']);
    const profile = { ...PLAIN, name: 'target', configurationPath: null };
    assert.ok(request.command === 'run');
    const context = { machine: { ...SMALL_MACHINE, ...machine }, profile, profiles: [profile], seed: 3 };
    return preflight(request.run, { variant: 'target', step: 'latency', ...context }).plan;
  };
  const plan = external('ws://127.0.0.1:1/');
  assert.deepEqual(
    [plan.server, plan.servers, plan.proxy, plan.placement, plan.pacing, plan.http],
    [null, 0, null, null, 'sleep', null],
  );
  assert.equal('proxyAgent' in plan, false);
  const proxyHost = { agent: 'p', cpus: 2, openFilesLimit: 20_000, somaxconn: 99, bun: true };
  assert.equal(external('ws://127.0.0.1:1/ --nats nats://n --proxy-agent p', { proxyHost }).proxyAgent, 'p');
  assert.deepEqual(
    ['wss://127.0.0.1:1/ --client lean', 'wss://127.0.0.1:1/ --insecure'].map(
      (line) => external(line).engine,
    ),
    ['node', 'bun'],
  );
});

test('messages are in flight one at a time in an open loop', () => {
  const { plain } = memoryOf(
    {
      ...{ connections: 5000, client: 'lean', server: 'ws', loop: 'open', inFlight: 1 },
      payload: requestOf('--payload 64k').payload,
    },
    { workers: 1, servers: 1, proxyWorkers: 1 },
  );
  const line = '-c 5k -R 50 --payload 64k --in-flight 3 --steps throughput,latency';
  const memory = (memoryBytes: number) => decide(line, { memoryBytes }, { step: 'latency' });
  assert.ok(memory(plain));
  assert.throws(() => memory(plain - 1), { code: 'preflight-memory' });
});

test('the whole plan of a step', () => {
  const { plan, ports, notices } = decide('-c 100 -R 50 --arrivals poisson -w 1s -d 2s --ramp 9');
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['engine-schedule'],
  );
  assert.equal(ports, 100);
  assert.deepEqual(plan, {
    ...{
      variant: 'plain',
      step: 'latency',
      profile: 'plain',
      connections: 100,
      rampPerSecond: 9,
      openingStages: 1,
    },
    ...{ warmupMs: 1000, durationMs: 2000, timeline: [], echoTimeoutMs: 10_000, connectTimeoutMs: 10_000 },
    ...{ client: 'lean', target: { kind: 'sandbox' }, server: 'ws', backend: null, engine: 'node' },
    ...{ carrier: 'sockets', workers: 1, servers: 1, pacing: 'spin', seed: 3 },
    proxy: { workers: 1, workerConnections: 512, workerFiles: 576, reuseport: false, backlog: 511 },
    placement: { proxy: [1], server: [1], generator: [0], runner: [1] },
    http: { connections: 10, durationMs: 2000, ratePerSecond: null },
  });
});

test('a run gets the steps, scenario and addresses of its own request', () => {
  const request = requestOf('-c 100 --seed 9');
  const planning = planRequest(request, sidesOf([PLAIN]), {
    ...{ command: [], now: new Date(0), seed: 1, machine: SMALL_MACHINE },
  });
  assert.throws(() => planning.planStep({ variant: 'other', step: 'latency' }), /there is no variant other/);
  const turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true };
  const payload = { minBytes: 7, maxBytes: 8, type: 'binary' as const };
  const { plan } = planning.planRun(
    { variant: 'plain', step: 'latency', round: 2, load: null, turns, payload },
    2,
  );
  assert.deepEqual(
    [plan.round, plan.turns, plan.workload, plan.sourceAddresses, plan.seed],
    [
      2,
      turns,
      { scenario: 'echo', load: null, payload, options: request.scenarioOptions },
      ['127.0.10.2'],
      9,
    ],
  );
});

test('a step of another scenario gets the request of that scenario', () => {
  const { scenario, scenarioOptions } = requestOf('-c 200 --scenario connect');
  const request = { ...requestOf('-c 200'), others: [{ scenario, scenarioOptions }] };
  const planning = planRequest(request, sidesOf([PLAIN]), {
    ...{ command: [], now: new Date(0), seed: 1, machine: SMALL_MACHINE },
  });
  const workload = (step: string) =>
    planning.planRun({ variant: 'plain', step, round: null, load: null }, 1).plan.workload;
  assert.deepEqual(
    [workload('throughput').scenario, workload('fastest').scenario, workload('fastest').options],
    ['echo', 'connect', scenarioOptions],
  );
});
