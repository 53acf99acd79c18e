import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Recorder } from '../measure/recorder.ts';
import { findNginx } from '../nginx/binary.ts';
import { readChildren } from '../observe/environment.ts';
import { startSampler } from '../observe/sampler.ts';
import { canPin } from '../topology/affinity.ts';
import { startGenerators } from '../topology/generators.ts';
import { makeProcessSet, type ProcessSet } from '../topology/process-set.ts';
import { createScope } from '../topology/scope.ts';
import { type EchoServer, startServers } from '../topology/servers.ts';
import { directTarget, type StartedTarget, startProxy } from '../topology/target.ts';
import { startWarden, type Warden } from '../topology/warden.ts';
import { clockSince } from './clock.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';
import { sourcePorts } from './source.ts';

/**
 * The generator's own benchmark: `npm run bench:generator`. What a message, an opened connection and an
 * idle connection cost the lean client and any peer, as a ratio to the `ws` client: in rounds, each
 * generator once a round, so that a machine whose speed drifts moves both sides of a ratio. Messages are
 * counted at the echo server, CPU of whole process trees is read from /proc: the same for all.
 */

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const BASELINE = 'ws';
const SETTLE_MS = 1_000;
const OPEN_LIMIT_MS = 60_000;

interface Case {
  name: string;
  connections: number;
  bytes: number;
  inFlight: number;
  tls: boolean;
  /** What is divided by the baseline's. */
  unit: 'CPU-µs per message' | 'CPU-µs per opened connection' | 'bytes per idle connection';
}

const MESSAGE = {
  connections: 1_000,
  bytes: 64,
  inFlight: 1,
  tls: false,
  unit: 'CPU-µs per message',
} as const;
const CASES: readonly Case[] = [
  { ...MESSAGE, name: 'echo' },
  { ...MESSAGE, name: 'echo-50-connections', connections: 50 },
  { ...MESSAGE, name: 'echo-in-flight-16', inFlight: 16 },
  { ...MESSAGE, name: 'echo-16-kb', bytes: 16_384, connections: 200 },
  { ...MESSAGE, name: 'echo-tls', tls: true },
  { ...MESSAGE, name: 'open', connections: 4_000, unit: 'CPU-µs per opened connection' },
  { ...MESSAGE, name: 'open-tls', connections: 1_000, tls: true, unit: 'CPU-µs per opened connection' },
  { ...MESSAGE, name: 'idle', connections: 8_000, unit: 'bytes per idle connection' },
];

interface Options {
  rounds: number;
  seconds: number;
  cases: readonly Case[];
  /** Name → shell command with {url}, {host}, {port}, {connections}, {bytes}, {seconds}. */
  peers: Map<string, string>;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    case: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const chosen = CASES.filter(({ name }) => values.case === undefined || values.case.includes(name));
const peers = new Map(
  values.peer.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  }),
);
const options: Options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  cases: chosen,
  peers,
};
const usable =
  options.rounds >= 1 &&
  options.seconds >= 1 &&
  chosen.length > 0 &&
  [...peers.keys()].every((name) => name !== '');
if (usable) await main(options);
else {
  process.stderr.write(
    `bench:generator: --rounds and --seconds take numbers from 1, --peer NAME='COMMAND', --case one of ${CASES.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exitCode = 2;
}

async function main({ rounds, seconds, cases, peers }: Options): Promise<void> {
  const warden = await startWarden();
  const ratios = new Map<string, number[]>();
  const absolute = new Map<string, number[]>();
  const note = (into: Map<string, number[]>, key: string, value: number) =>
    into.set(key, [...(into.get(key) ?? []), value]);
  try {
    for (const each of cases) {
      const names = ['lean', BASELINE, ...(each.unit === 'CPU-µs per message' ? peers.keys() : [])];
      for (let round = 0; round < rounds; round++) {
        const figures = new Map<string, number>();
        for (const name of shuffled(names)) {
          const figure = await once(each, name, peers.get(name) ?? null, seconds, warden);
          figures.set(name, figure);
          note(absolute, `${each.name} ${name}`, figure);
        }
        const baseline = figures.get(BASELINE) ?? Number.NaN;
        for (const [name, figure] of figures)
          if (name !== BASELINE) note(ratios, `${each.name} ${name}`, figure / baseline);
      }
      for (const name of names) print(each, name, absolute, ratios);
    }
    const recording = recordingNs();
    const lean = median(absolute.get('echo lean') ?? []);
    process.stdout.write(
      `recording: ${recording.toFixed(0)} ns a message${Number.isNaN(lean) ? '' : `, ${((recording / 10 / lean) as number).toFixed(1)} % of the lean client's CPU per message`}\n`,
    );
  } finally {
    await warden.close();
  }
}

function print(
  { name: what, unit }: Case,
  name: string,
  absolute: ReadonlyMap<string, number[]>,
  ratios: ReadonlyMap<string, number[]>,
): void {
  const key = `${what} ${name}`;
  const figures = absolute.get(key) ?? [];
  const ratio = ratios.get(key);
  const against = ratio === undefined ? `${BASELINE} is the baseline` : `${spread(ratio, 2)} × ${BASELINE}`;
  process.stdout.write(
    `${what.padEnd(22)} ${name.padEnd(10)} ${against.padEnd(32)} ${spread(figures, 1)} ${unit}\n`,
  );
}

/** One round of one generator: fresh processes for everything. */
async function once(
  each: Case,
  name: string,
  peer: string | null,
  seconds: number,
  warden: Warden,
): Promise<number> {
  const scope = createScope();
  const processSet = makeProcessSet(scope, warden);
  const folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-'));
  scope.add('folder', () => rm(folder, { recursive: true, force: true }));
  try {
    const pinned = canPin();
    const servers = await startServers({
      count: 1,
      kind: 'ws',
      cpus: pinned ? [1] : null,
      maxPayloadBytes: 1 << 20,
      onLaunch: processSet.adopt,
    });
    const target = each.tls ? await throughTls(servers, folder, processSet) : directTarget(servers);
    const [server] = servers;
    if (server === undefined) throw new Error('no server');
    return peer === null
      ? await ours(each, name === 'ws' ? 'ws' : 'lean', seconds, target, server, processSet)
      : await theirs(each, peer, seconds, target, server, processSet);
  } finally {
    processSet.dismiss();
    await scope.close();
  }
}

async function throughTls(
  servers: EchoServer[],
  folder: string,
  processSet: ProcessSet,
): Promise<StartedTarget> {
  const binary = await findNginx({
    path: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: join(PROJECT, '.cache'),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const nginx = {
    workers: 1,
    workerConnections: 8_192,
    workerFiles: 9_000,
    reuseport: false,
    backlog: 1_024,
  };
  return startProxy(
    join(PROJECT, 'nginx-profiles/tls/nginx.conf'),
    {
      placement: canPin() ? { proxy: [1], server: [1], generator: [0], runner: [0, 1] } : null,
      proxy: nginx,
    },
    binary,
    servers,
    folder,
    processSet,
  );
}

async function ours(
  each: Case,
  client: 'lean' | 'ws',
  seconds: number,
  target: StartedTarget,
  server: EchoServer,
  processSet: ProcessSet,
): Promise<number> {
  const [generator] = await startGenerators<WorkerCommand, WorkerReport>(
    processSet,
    1,
    client,
    canPin() ? [0] : null,
  );
  if (generator === undefined) throw new Error('no generator');
  const epochNs = process.hrtime.bigint();
  const clock = clockSince(epochNs);
  const connected = new Promise<void>((done) =>
    generator.onReport((report) => report.type === 'connected' && done()),
  );
  const before = usage(generator.launched.pid);
  generator.send({ type: 'connect', plan: planOf(each, client, target, epochNs) });
  await Promise.race([connected, sleep(OPEN_LIMIT_MS)]);
  const after = usage(generator.launched.pid);
  if (each.unit === 'CPU-µs per opened connection') return (after.cpuUs - before.cpuUs) / each.connections;
  if (each.unit === 'bytes per idle connection')
    return (after.residentBytes - before.residentBytes) / each.connections;
  const warmUpUs = Math.ceil(clock()) + 50_000;
  const steadyUs = warmUpUs + SETTLE_MS * 1e3;
  generator.send({
    type: 'start',
    times: { connectedUs: 0, warmUpUs, steadyUs, drainUs: steadyUs + (seconds + 5) * 1e6 },
  });
  await sleep(SETTLE_MS + 50);
  return perMessage([generator.launched.pid], seconds, server);
}

async function theirs(
  each: Case,
  command: string,
  seconds: number,
  { host, ports, tls, websocketPath }: StartedTarget,
  server: EchoServer,
  processSet: ProcessSet,
): Promise<number> {
  const scheme = tls === null ? 'ws' : 'wss';
  const words: Record<string, string | number> = {
    url: `${scheme}://${host}:${ports[0]}${websocketPath}`,
    host,
    port: ports[0] ?? 0,
    connections: each.connections,
    bytes: each.bytes,
    seconds: seconds + 5,
  };
  const filled = command.replace(/\{(\w+)\}/g, (whole, word: string) => String(words[word] ?? whole));
  const peer = processSet.launch({
    name: 'peer',
    component: 'generator',
    command: 'sh',
    args: ['-c', filled],
    cpus: canPin() ? [0] : null,
    ipc: false,
  });
  for (const until = performance.now() + OPEN_LIMIT_MS; performance.now() < until; await sleep(100))
    if ((await server.stats()).connections.open >= each.connections) break;
  await sleep(SETTLE_MS);
  const figure = await perMessage([peer.pid, ...(await descendants(peer.pid))], seconds, server);
  await processSet.retire(peer);
  return figure;
}

async function perMessage(pids: readonly number[], seconds: number, server: EchoServer): Promise<number> {
  const cpu = () => pids.reduce((sum, pid) => sum + usage(pid).cpuUs, 0);
  const [messages, cpuUs] = [(await server.stats()).messages, cpu()];
  await sleep(seconds * 1e3);
  const spentUs = cpu() - cpuUs;
  return spentUs / ((await server.stats()).messages - messages);
}

async function descendants(pid: number): Promise<number[]> {
  const children = await readChildren(pid);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** CPU and resident memory of a process up to now. */
function usage(pid: number): { cpuUs: number; residentBytes: number } {
  const sampler = startSampler({ nowUs: () => 0 });
  sampler.watch([{ component: 'generator', name: 'generator', pid }]);
  sampler.sampleNow();
  sampler.stop();
  const sample = sampler.series()[0]?.samples[0];
  return { cpuUs: sample?.cpuUs ?? 0, residentBytes: sample?.residentBytes ?? 0 };
}

function planOf(each: Case, client: 'lean' | 'ws', target: StartedTarget, epochNs: bigint): WorkerPlan {
  return {
    host: 'localhost',
    worker: 0,
    workers: 1,
    epochNs: String(epochNs),
    connections: each.connections,
    target: {
      host: target.host,
      ports: target.ports,
      path: target.websocketPath,
      tls: target.tls === null ? null : { servername: target.tls.servername },
    },
    sourceAddresses: [`127.${Math.ceil(Math.random() * 200)}.${Math.ceil(Math.random() * 200)}.2`],
    sourcePorts: sourcePorts([32_768, 60_999], new Set()),
    rampPerSecond: 0,
    pendingHandshakes: 64,
    workload: {
      scenario: 'echo',
      load: { kind: 'closed', inFlight: each.inFlight },
      payload: { minBytes: each.bytes, maxBytes: each.bytes, type: 'binary' },
    },
    echoTimeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    client,
    pacing: null,
    seed: 1,
  };
}

/** What recording costs a message in a closed loop: one sent, one echoed. */
function recordingNs(): number {
  const recorder = new Recorder(
    { host: 'localhost', worker: 0 },
    () => {},
    () => null,
  );
  recorder.schedule({ connectedUs: 0, warmUpUs: 1, steadyUs: 2, drainUs: 1e12 });
  const count = 3_000_000;
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    const nowUs = 10 + i * 20;
    recorder.sent(nowUs, 64);
    recorder.echoed(nowUs + 10, nowUs - (i % 5_000), 64);
  }
  return ((performance.now() - startedAt) * 1e6) / count;
}

function shuffled(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ name }) => name);
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

function spread(figures: readonly number[], digits: number): string {
  const of = (figure: number) => figure.toFixed(digits);
  return `${of(median(figures))} (${of(Math.min(...figures))} to ${of(Math.max(...figures))})`;
}
