import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import { type RunPlan, runPlanSchema, type Step } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { RunSpec } from '../model/strategy.ts';
import { profileNamed, requestOf, SMALL_MACHINE, sidesOf, specOf } from './plan.test.fixture.ts';
import { type PlannedRun, planRequest } from './plan.ts';
import { fitTogether } from './preflight.ts';
import { memoryOf } from './reckoning.ts';

const CONTEXT = { command: [], now: new Date(0), seed: 0, machine: SMALL_MACHINE };

/** Plans the first run of a command line. `others` are the other profiles of the same invocation. */
function decide(
  line: string,
  machine: Partial<Machine> = {},
  profile = profileNamed('plain'),
  others: readonly Profile[] = [],
): PlannedRun {
  const request = requestOf(line);
  const sides = sidesOf([profile, ...others]);
  const context = { ...CONTEXT, machine: { ...SMALL_MACHINE, ...machine } };
  return planRequest(request, sides, context).planRun(specOf(request, profile), 1);
}

/** Returns the parts of a plan that depend on the machine. */
function scale({ plan }: PlannedRun): unknown[] {
  const { workers, servers, proxy, sourceAddresses } = plan;
  return [workers, servers, proxy?.workers, proxy?.reuseport, sourceAddresses.length];
}

function codes({ notices }: PlannedRun): string[] {
  return notices.map(({ code }) => code.replace('preflight-', ''));
}

test('1,000 connections only need the defaults, without notices', () => {
  const decided = decide('-c 1k');
  assert.deepEqual(scale(decided), [1, 1, 1, false, 1]);
  assert.deepEqual(decided.notices, []);
  assert.deepEqual(decided.plan.proxy, {
    workers: 1,
    workerConnections: 2350,
    workerFiles: 2414,
    reuseport: false,
    backlog: 1000,
  });
  assert.deepEqual(decided.plan.sourceAddresses, ['127.0.0.2']);
  assert.deepEqual(decided.plan.placement, { proxy: [1], server: [0], generator: [0], runner: [0] });
  assert.deepEqual(decided.plan.http, { connections: 10, durationMs: 2000, ratePerSecond: null });
});

test('10,000 connections fit into 20,000 files, with two Nginx workers that share evenly', () => {
  const decided = decide('-c 10k');
  assert.deepEqual(scale(decided), [1, 1, 2, true, 1]);
  assert.deepEqual(codes(decided), ['nginx-workers', 'reuseport']);
  const hold = { bound: 'nginx-files', each: 8722, openFiles: 20_000 };
  assert.deepEqual(decided.notices[0]?.data, { needed: 2, byDefault: 1, connections: 10_000, hold });
  assert.equal(decided.plan.proxy?.workerFiles, 20_000);
  assert.equal(decided.plan.placement, null);
});

test('all compared runs, including direct, have the placement of the largest variant', () => {
  const direct = profileNamed('direct');
  const plain = profileNamed('plain');
  const balanced = profileNamed('load-balanced', 3);
  const placed = (line: string, profile: Profile, others: readonly Profile[]) =>
    decide(line, {}, profile, others).plan.placement;
  for (const line of ['-c 1k', '-c 1k -R 5k', '-c 10k', '-c 10k -R 5k', '-c 50k', '--pin', '--no-pin']) {
    const all = [direct, plain, balanced];
    const placements = all.map((profile) => placed(line, profile, all));
    assert.deepEqual(placements, [placements[0], placements[0], placements[0]], line);
  }
  // Alone, direct uses the CPU that is otherwise the proxy's; with other variants, that CPU stays idle.
  assert.deepEqual(placed('-c 1k', direct, []), { proxy: [], server: [1], generator: [0], runner: [0] });
  assert.deepEqual(placed('-c 1k', direct, [plain]), {
    proxy: [1],
    server: [0],
    generator: [0],
    runner: [0],
  });
  // If one variant needs a second Nginx worker, no variant is pinned.
  assert.equal(placed('-c 10k', direct, [plain]), null);
});

test('the generator spins only if a CPU remains for the runner in addition to those of all processes', () => {
  const pacing = (line: string, cpus: number[]) => decide(`-c 1k ${line}`, { cpus }).plan.pacing;
  const three = '-R 5k --no-pin --workers 1 --servers 1 --nginx-workers 1';
  assert.equal(pacing(three, [0, 1, 2, 3]), 'spin');
  assert.equal(pacing(three, [0, 1, 2]), 'sleep');
  assert.equal(pacing('-R 5k', [0, 1]), 'spin');
  // Two generators share one CPU, so one that spins would keep it from the other.
  assert.equal(pacing('-R 5k --pin --workers 2', [0, 1]), 'sleep');
  assert.equal(pacing('-R 5k --pin --workers 2', [0, 1, 2, 3]), 'spin');
  assert.equal(pacing('--in-flight 1', [0, 1]), null);
  // A process that sends HTTP requests shares the CPUs of the generator.
  assert.equal(pacing('--scenario mixed', [0, 1]), 'sleep');
});

test('throughput uses the lean echo server, latency uses ws, and both use a given one', () => {
  const server = (line: string) => decide(line).plan.server;
  assert.deepEqual(
    [server('--in-flight 1'), server('-R 5k'), server('-R 5k --server lean'), server('--server ws')],
    ['lean', 'ws', 'lean', 'ws'],
  );
});

test('the HTTP leg runs once for each variant, in its first step', () => {
  const request = requestOf('');
  const profile = profileNamed('plain');
  const { planStep } = planRequest(request, sidesOf([profile]), CONTEXT);
  const http = (step: Step) => planStep({ variant: profile.name, step }).plan.http;
  assert.notEqual(http('throughput'), null);
  assert.equal(http('latency'), null);
  assert.notEqual(decide('-R 5k').plan.http, null);
});

test('50,000 and 100,000 connections spread over processes and addresses', () => {
  assert.deepEqual(scale(decide('-c 50k')), [3, 4, 6, true, 4]);
  assert.deepEqual(scale(decide('-c 100k')), [6, 8, 12, true, 8]);
  assert.deepEqual(codes(decide('-c 50k')), [
    'generators',
    'servers',
    'nginx-workers',
    'reuseport',
    'addresses',
  ]);
});

test('low limits on open files require more processes, or are reported with a remedy', () => {
  assert.deepEqual(scale(decide('-c 1k', { openFilesLimit: 1024 })), [2, 2, 3, true, 1]);
  assert.deepEqual(scale(decide('-c 1k', { openFilesLimit: 256 })), [6, 6, 18, true, 1]);
  for (const [line, openFilesLimit, message] of [
    ['-c 10k', 256, /^10,000 connections need 53 generator processes, .* 32 .* ulimit -n 65536/],
    ['-c 1', 64, /^No generator processes can run: .* limit of 64\. Raise the limit: ulimit -n/],
  ] as const) {
    assert.throws(() => decide(line, { openFilesLimit }), { kind: 'environment', message });
  }
  const asUser = { openFilesLimit: 64, isRoot: false };
  assert.throws(() => decide('-c 1', asUser), { kind: 'environment', message: /sudo prlimit --pid \$\$/ });
});

test('requested numbers of processes are used, or rejected with a sufficient number', () => {
  assert.deepEqual(scale(decide('-c 1k --workers 2 --servers 3 --nginx-workers 4')), [2, 3, 4, false, 1]);
  assert.deepEqual(codes(decide('-c 10k --nginx-workers 2')), ['reuseport']);
  for (const [line, message] of [
    [
      '-c 50k --workers 2',
      /^--workers 2 is too few for 50,000 connections: .* Use --workers 3, or leave it out\./,
    ],
    ['-c 50k --servers 2', /^--servers 2 is too few .*ip_local_port_range/],
    ['-c 50k --nginx-workers 2', /^--nginx-workers 2 is too few .* Use --nginx-workers 6/],
  ] as const) {
    assert.throws(() => decide(line), { kind: 'environment', message });
  }
});

test('a profile gets its echo servers, and `direct` has no Nginx', () => {
  assert.equal(decide('-c 1k', {}, profileNamed('load-balanced', 3)).plan.servers, 3);
  const direct = decide('-c 10k', {}, profileNamed('direct'));
  assert.equal(direct.plan.proxy, null);
  assert.deepEqual(direct.plan.placement, { proxy: [], server: [1], generator: [0], runner: [0] });
  assert.deepEqual(direct.notices, []);
});

test('ports limit only the echo servers to which Nginx connects, from one address', () => {
  const few = { portRange: [40_000, 40_999] as [number, number] };
  assert.equal(decide('-c 2k', few).plan.servers, 5);
  assert.equal(decide('-c 2k', few, profileNamed('direct')).plan.servers, 1);
});

test('the HTTP leg is not longer than the phase, and there are at most as many generators as connections', () => {
  assert.equal(decide('-d 1s').plan.http?.durationMs, 1000);
  assert.equal(decide('-d 10s').plan.http?.durationMs, 2000);
  const cpus = Array.from({ length: 12 }, (_, cpu) => cpu);
  assert.deepEqual([decide('-c 1', { cpus }).plan.workers, decide('-c 100', { cpus }).plan.workers], [1, 4]);
});

test('memory includes processes, connections on both sides of Nginx, and messages in flight', () => {
  const KIB = 1024;
  const demand = {
    connections: 1000,
    client: 'lean',
    server: 'lean',
    loop: 'closed',
    inFlight: 3,
    payload: { minBytes: 0, maxBytes: 100, type: 'text' },
  } as const;
  const direct = { workers: 1, servers: 2, proxyWorkers: 0 };
  // A connection has two sockets without Nginx, and four with it.
  const alone = 3 * 60 * KIB * KIB + 1000 * ((6 + 12 + 2 * 4) * KIB + 2 * 3 * 100);
  assert.deepEqual(memoryOf(demand, direct), { plain: alone, tls: alone });
  const proxied = Math.ceil(alone + 2 * 12 * KIB * KIB + 1000 * (17.7 + 2 * 4) * KIB);
  assert.deepEqual(memoryOf(demand, { ...direct, proxyWorkers: 2 }), {
    plain: proxied,
    tls: Math.ceil(proxied + 1000 * (34 + 23.8) * KIB),
  });
  assert.equal(memoryOf({ ...demand, inFlight: 1 }, direct).plain, alone - 1000 * 2 * 2 * 100);
  assert.equal(memoryOf({ ...demand, client: 'ws' }, direct).plain, alone + 1000 * 6 * KIB);
});

test('Nginx, generators and servers each get a third of the CPUs', () => {
  const cpus = Array.from({ length: 16 }, (_, cpu) => cpu);
  assert.deepEqual(scale(decide('-c 1k', { cpus })), [5, 5, 5, false, 1]);
  assert.equal(decide('-c 1k', { cpus }).plan.placement, null);
});

test('processes are placed as requested, on allowed CPUs', () => {
  assert.equal(decide('--no-pin').plan.placement, null);
  assert.equal(decide('', { cpus: [3] }).plan.placement, null);
  assert.deepEqual(decide('', { cpus: [4, 6] }).plan.placement, {
    proxy: [6],
    server: [4],
    generator: [4],
    runner: [4],
  });
  assert.deepEqual(decide('-c 10k --pin').plan.placement, {
    proxy: [1],
    server: [0],
    generator: [0],
    runner: [0],
  });
  const eight = { cpus: [0, 1, 2, 3, 4, 5, 6, 7] };
  assert.deepEqual(decide('--pin', eight).plan.placement, {
    proxy: [6, 7],
    server: [4, 5],
    generator: [0, 1, 2, 3],
    runner: [0, 1, 2, 3, 4, 5],
  });
  assert.throws(() => decide('--pin', { cpus: [3] }), {
    kind: 'environment',
    message: /^--pin/,
  });
});

test('a short backlog is reported, with how to increase it', () => {
  const decided = decide('-c 1k', { somaxconn: 128 });
  assert.equal(decided.plan.proxy?.backlog, 128);
  assert.deepEqual(codes(decided), ['backlog']);
  assert.equal(decided.notices[0]?.level, 'warning');
  assert.match(decided.notices[0]?.text ?? '', /sysctl -w net\.core\.somaxconn=1000/);
  assert.equal(decide('-c 100', { somaxconn: null }).plan.proxy?.backlog, 511);
});

test('too little memory is rejected, and possibly too little is reported', () => {
  const message = /^10,000 connections need about \d+ MiB of memory, but only 256 MiB is available/;
  assert.throws(() => decide('-c 10k', { memoryBytes: 2 ** 28 }), { kind: 'environment', message });
  assert.deepEqual(codes(decide('-c 10k', { memoryBytes: 2 ** 30 })), [
    'nginx-workers',
    'memory',
    'reuseport',
  ]);
});

test('too few ports for the connections are reported, with the range to widen', () => {
  const message = /net\.ipv4\.ip_local_port_range='1024 65535'/;
  assert.throws(() => decide('-c 10k', { portRange: [50_000, 50_099] }), { kind: 'environment', message });
  assert.deepEqual(decide('-c 20k', { portRange: null }).plan.sourceAddresses, ['127.0.0.2', '127.0.0.3']);
});

test('on any machine, processes stay within every limit, or there is a Problem', () => {
  const machine = fc.record({
    cpus: fc
      .uniqueArray(fc.nat(127), { minLength: 1, maxLength: 64 })
      .map((cpus) => cpus.sort((a, b) => a - b)),
    openFilesLimit: fc.oneof(fc.integer({ min: 1, max: 2048 }), fc.integer({ min: 1024, max: 1_048_576 })),
    memoryBytes: fc.integer({ min: 2 ** 28, max: 2 ** 38 }),
    somaxconn: fc.option(fc.integer({ min: 1, max: 65_535 })),
    portRange: fc.option(
      fc
        .tuple(fc.integer({ min: 1024, max: 65_535 }), fc.integer({ min: 1024, max: 65_535 }))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    ),
    isRoot: fc.boolean(),
    bun: fc.constantFrom(null, '1.4.5'),
    ioUring: fc.constantFrom(null, 'available', 'EPERM'),
  });
  const profile = fc.constantFrom(
    profileNamed('direct'),
    profileNamed('tls'),
    profileNamed('load-balanced', 3),
  );
  const connections = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 1_000_000 }));
  const placement = fc.constantFrom('', '--pin', '--no-pin');
  let planned = 0;
  fc.assert(
    fc.property(machine, profile, connections, placement, fc.nat(), (on, under, asked, placed, number) => {
      let decided: PlannedRun;
      try {
        const request = requestOf(`-c ${asked} ${placed}`);
        const { planRun } = planRequest(request, sidesOf([under]), { ...CONTEXT, seed: 1, machine: on });
        decided = planRun(specOf(request, under), number + 1);
      } catch (error) {
        assert.ok(error instanceof Problem && error.kind === 'environment', String(error));
        return;
      }
      planned++;
      v.assert(runPlanSchema, decided.plan);
      assert.equal(decided.plan.proxy === null, under.configurationPath === null);
      assertFits(decided.plan, on);
    }),
    { numRuns: 1000 },
  );
  assert.ok(planned > 100, `only ${planned} plans were made`);
});

function assertFits(plan: RunPlan, machine: Machine): void {
  const { connections, workers, servers, proxy, sourceAddresses, placement } = plan;
  const perWorker = Math.ceil(connections / workers);
  const perServer = Math.ceil(connections / servers);
  assert.ok(perWorker + 40 <= machine.openFilesLimit, `${perWorker} in a generator`);
  assert.ok(perServer + 40 <= machine.openFilesLimit, `${perServer} in an echo server`);
  const [low, high] = machine.portRange ?? [32_768, 60_999];
  const perAddress = Math.ceil(connections / sourceAddresses.length);
  assert.ok(perAddress <= Math.max(1, (high - low + 1) / 2), `${perAddress} from one address`);
  assert.equal(new Set(sourceAddresses).size, sourceAddresses.length);
  for (const address of sourceAddresses)
    assert.match(address, /^127\.0\.\d{1,3}\.([2-9]|\d\d|1\d\d|20[01])$/);
  if (proxy !== null) {
    assert.ok(perServer <= Math.max(1, (high - low + 1) / 2), `${perServer} to one upstream port`);
    assert.ok(proxy.workerConnections <= proxy.workerFiles && proxy.workerFiles <= machine.openFilesLimit);
    // Connections that a worker may get: all of them or, by hash, its share plus five times the scatter.
    const most = Math.floor(proxy.workerConnections / 2);
    const share = connections / proxy.workers;
    assert.ok(proxy.reuseport ? share + 5 * Math.sqrt(share) <= most : (most * 7) / 8 >= connections);
    assert.ok(proxy.backlog <= (machine.somaxconn ?? 65_535));
  }
  for (const cpu of placement === null
    ? []
    : [...placement.proxy, ...placement.server, ...placement.generator]) {
    assert.ok(machine.cpus.includes(cpu));
  }
  if (placement !== null) {
    assert.ok(placement.generator.length > 0 && placement.server.length > 0);
    assert.equal(placement.proxy.length > 0, proxy !== null);
    assert.ok(
      placement.proxy.every((cpu) => !placement.generator.includes(cpu) && !placement.server.includes(cpu)),
    );
  }
}

test('variants are interleaved if the free memory can hold all of them, with TLS', () => {
  const request = requestOf('-c 10k');
  const both = [profileNamed('plain'), profileNamed('tls')];
  const fits = (memoryBytes: number, profiles = both) =>
    fitTogether(request, profiles, { ...SMALL_MACHINE, memoryBytes });
  const least = [200, 400, 800, 1600, 3200]
    .map((mebibytes) => mebibytes * 2 ** 20)
    .find((bytes) => fits(bytes));
  assert.ok(least !== undefined && least > 200 * 2 ** 20);
  assert.equal(fits(least / 2), false);
  assert.equal(fits(least, [...both, ...both, ...both]), false);
});

test('a notice reports a round that cannot be interleaved, and only that', () => {
  const request = requestOf('-c 100');
  const profile = profileNamed('plain');
  const { planRun } = planRequest(request, sidesOf([profile, profileNamed('tls')]), CONTEXT);
  const told = (spec: Partial<RunSpec>) =>
    codes(planRun({ ...specOf(request, profile), ...spec }, 1)).includes('apart');
  assert.equal(told({ round: 1 }), true);
  assert.equal(
    told({ round: 1, turns: { index: 0, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true } }),
    false,
  );
  assert.equal(told({ round: null }), false);
});

test('each handshake needs a port: as many as a given rate requires, or up to a limit if it is unknown', () => {
  const scheduled = decide('--scenario connect -R 2k -d 10s -w 2s');
  // 1,000 connections and 24,000 handshakes, with 12,704 ports per address.
  assert.equal(scheduled.plan.sourceAddresses.length, 2);
  assert.deepEqual(codes(scheduled), ['handshake-ports']);
  const fastest = decide('--scenario connect --steps fastest -d 10s -w 2s');
  assert.equal(fastest.plan.sourceAddresses.length, 19);
  assert.equal(decide('--scenario connect --steps fastest -d 1h').plan.sourceAddresses.length, 200);
});

test('a schedule with more handshakes than there are ports is refused', () => {
  assert.throws(() => decide('--scenario connect -R 5k -d 10m'), {
    kind: 'environment',
    message:
      /^3,011,000 handshakes need more source ports than the 2,540,800 .* Lower --rate or --duration\./,
  });
});

test('agents share the load: their limits count, and nothing of this host is assigned to them', () => {
  const generators = { agents: ['a', 'b', 'c'], openFilesLimit: 1064, bun: false, scarcePorts: null };
  const nats = '--nats nats://127.0.0.1:4222 --agents 3';
  const { plan } = decide(`-c 1k ${nats}`, { generators });
  assert.deepEqual([plan.agents, plan.workers, plan.engine], [['a', 'b', 'c'], 3, 'node']);
  assert.deepEqual([plan.placement, plan.sourceAddresses, plan.listen], [null, [], undefined]);
  assert.equal(decide(`-R 1k ${nats}`, { generators }).plan.pacing, 'sleep');
  assert.equal(decide(`-c 5k ${nats}`, { generators }).plan.workers, 5);
  assert.equal(decide(`--workers 6 ${nats}`, { generators }).plan.workers, 6);
  assert.equal(decide(`${nats} --listen 192.0.2.7`, { generators }).plan.listen, '192.0.2.7');
  v.parse(runPlanSchema, plan);
  for (const line of ['-c 2', '--workers 2'])
    assert.throws(() => decide(`${line} ${nats}`, { generators }), { kind: 'usage', message: /3 agents/ });
});

test('handshakes from other hosts have the ports that their kernels have', () => {
  const generators = { agents: ['a', 'b'], openFilesLimit: 1e6, bun: false, scarcePorts: 28_000 };
  const line = '--scenario connect --nats nats://n --agents 2 --listen 192.0.2.7 -c 100 -w 0s -d 20s';
  const scarce = (plan: ReturnType<typeof decide>) =>
    plan.notices.some(({ code }) => code === 'preflight-agent-ports');
  assert.ok(scarce(decide(`${line} --steps fastest`, { generators })));
  assert.ok(!scarce(decide(`${line} -R 2k`, { generators })));
  assert.throws(() => decide(`${line} -R 3k`, { generators }), { message: /tcp_tw_reuse/ });
  decide(`${line} -R 3k`, { generators: { ...generators, scarcePorts: null } });
  decide(`${line} -R 3k --close server`, { generators });
});
