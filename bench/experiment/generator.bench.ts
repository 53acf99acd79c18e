import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import { MESSAGE_NAMES, Messages } from '../measure/messages.ts';
import { Recorder } from '../measure/recorder.ts';
import { NGINX } from '../nginx/driver.ts';
import { readEnvironment, readMachine } from '../observe/environment.ts';
import { planRequest } from '../plan/plan.ts';
import { loadProfiles } from '../plan/profile.ts';
import { chooseVariants, type Side } from '../plan/variants.ts';
import { parseRequest } from '../request/request.ts';
import { makeSteps } from '../strategy/steps.ts';
import { proxySource, type VariantProxy } from '../topology/driver.ts';
import { bunHere } from '../topology/engine.ts';
import { ioUringHere } from '../topology/io-uring.ts';
import { runExperiment } from './experiment.ts';
import { measurePeer } from './peer.bench.ts';

/**
 * Benchmark of the generator itself: `npm run bench:generator`. Measures what a message, a new connection and
 * an idle connection cost the lean client on each engine and any peer, as ratios to the `ws` client and to
 * the lean client on Node. Each generator runs once per round, so that drift in the machine's speed affects
 * both sides of a ratio. Each figure comes from an ordinary run, except that a peer is a separate command
 * measured from outside.
 */

const PROJECT = new URL('../../../', import.meta.url);
/** Options that select each generator on the command line of `run`. */
const GENERATORS: ReadonlyMap<string, string> = new Map([
  ['lean-node', '--client lean --engine node'],
  ...(bunHere() === null ? [] : [['lean-bun', '--client lean --engine bun --carrier sockets'] as const]),
  ...(ioUringHere() !== 'available'
    ? []
    : [['lean-ring', '--client lean --engine bun --carrier io_uring'] as const]),
  ['ws', '--client ws --engine node'],
]);
const BASELINES = ['lean-node', 'lean-bun', 'ws'];

type Unit =
  | 'CPU-µs per message'
  | 'CPU-µs of the server per message'
  | 'CPU-µs per opened connection'
  | 'bytes per idle connection';

/** The figure measured in each unit. It is divided by the same figure of each baseline. */
const FIGURES: Record<Unit, (figures: RunFigures) => number | null> = {
  'CPU-µs per message': ({ cpuUsPerMessage }) => cpuUsPerMessage.generator,
  'CPU-µs of the server per message': ({ cpuUsPerMessage }) => cpuUsPerMessage.server,
  'CPU-µs per opened connection': ({ connect }) => connect.cpuUsPerConnection.generator,
  'bytes per idle connection': ({ memoryPerConnectionBytes }) => memoryPerConnectionBytes.generator,
};

interface Case {
  name: string;
  /** Options of `run`. */
  line: string;
  unit: Unit;
  connections: number;
  /**
   * If given, each figure takes a second run with this many connections, and is that of one of the additional
   * connections. What a process needs however many connections it has, such as its program code, does not count.
   */
  fewer?: number;
  bytes: number;
}

const MESSAGE = { line: '-p direct', unit: 'CPU-µs per message', connections: 1_000, bytes: 64 } as const;
const BRIEF = '-w 0ms -d 100ms';
const CASES: readonly Case[] = [
  { ...MESSAGE, name: 'echo' },
  { ...MESSAGE, name: 'echo-50-connections', connections: 50 },
  { ...MESSAGE, name: 'echo-in-flight-16', line: '-p direct --in-flight 16' },
  { ...MESSAGE, name: 'echo-16-kb', bytes: 16_384, connections: 200 },
  { ...MESSAGE, name: 'echo-tls', line: '-p tls' },
  { ...MESSAGE, name: 'echo-server', unit: 'CPU-µs of the server per message' },
  {
    ...MESSAGE,
    name: 'open',
    line: `-p direct ${BRIEF}`,
    connections: 4_000,
    unit: 'CPU-µs per opened connection',
  },
  {
    ...MESSAGE,
    name: 'open-tls',
    line: `-p tls ${BRIEF}`,
    unit: 'CPU-µs per opened connection',
  },
  {
    ...MESSAGE,
    name: 'idle',
    line: `-p direct ${BRIEF}`,
    connections: 16_000,
    fewer: 4_000,
    unit: 'bytes per idle connection',
  },
  {
    ...MESSAGE,
    name: 'idle-tls',
    line: `-p tls ${BRIEF}`,
    connections: 5_000,
    fewer: 1_000,
    unit: 'bytes per idle connection',
  },
];

interface Options {
  rounds: number;
  seconds: number;
  cases: readonly Case[];
  /**
   * Shell commands by name, with the placeholders {url}, {host}, {port}, {connections}, {bytes}, {seconds}.
   */
  peers: ReadonlyMap<string, string>;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    case: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const options: Options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  cases: CASES.filter(({ name }) => values.case === undefined || values.case.includes(name)),
  peers: new Map(
    values.peer.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  ),
};
const usable =
  options.rounds >= 1 &&
  options.seconds >= 1 &&
  options.cases.length > 0 &&
  [...options.peers.keys()].every((name) => name !== '');
if (usable) await main(options);
else {
  process.stderr.write(
    `bench:generator: --rounds and --seconds take numbers from 1, --peer NAME='COMMAND', --case one of ${CASES.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exitCode = 2;
}

async function main({ rounds, seconds, cases, peers }: Options): Promise<void> {
  const ratios = new Map<string, number[]>();
  const absolute = new Map<string, number[]>();
  const note = (into: Map<string, number[]>, key: string, value: number) =>
    into.set(key, [...(into.get(key) ?? []), value]);
  for (const each of cases) {
    // Peers are measured against an echo server without Nginx and without TLS.
    const isForPeers = each.unit === 'CPU-µs per message' && each.line.startsWith(MESSAGE.line);
    const names = [...GENERATORS.keys(), ...(isForPeers ? peers.keys() : [])];
    const baselines = [...BASELINES, ...peers.keys()].filter((name) => names.includes(name));
    for (let round = 0; round < rounds; round++) {
      const figures = new Map<string, number>();
      for (const name of shuffled(names)) {
        const peer = peers.get(name);
        const outcome =
          peer === undefined
            ? { figure: await figureOf(each, name, seconds) }
            : await measurePeer({ ...each, command: peer, seconds });
        if ('failure' in outcome) {
          process.stdout.write(`${each.name.padEnd(20)} ${name} ${outcome.failure}\n`);
          continue;
        }
        figures.set(name, outcome.figure);
        note(absolute, `${each.name} ${name}`, outcome.figure);
      }
      for (const [name, figure] of figures)
        for (const baseline of baselines) {
          const of = figures.get(baseline);
          if (of !== undefined) note(ratios, `${each.name} ${name} ${baseline}`, figure / of);
        }
    }
    for (const name of names.filter((name) => absolute.has(`${each.name} ${name}`)))
      print(each, name, baselines, absolute, ratios);
  }
  const recording = recordingNs();
  const lean = median(absolute.get('echo lean-node') ?? []);
  process.stdout.write(
    `recording: ${recording.toFixed(0)} ns a message${Number.isNaN(lean) ? '' : `, ${(recording / 10 / lean).toFixed(1)} % of the CPU per message of the lean client on Node`}\n`,
  );
}

async function figureOf(each: Case, name: string, seconds: number): Promise<number> {
  const many = await once(each, name, seconds);
  if (each.fewer === undefined) return many;
  const few = await once({ ...each, connections: each.fewer }, name, seconds);
  return (many * each.connections - few * each.fewer) / (each.connections - each.fewer);
}

/**
 * Executes one run with this generator and returns the case's figure. The lean echo server uses the same
 * engine.
 */
async function once(each: Case, name: string, seconds: number): Promise<number> {
  const server = each.unit === 'CPU-µs of the server per message' && name !== 'ws' ? 'lean' : 'ws';
  const line =
    `${each.line} -c ${each.connections} --payload ${each.bytes} --type binary ${GENERATORS.get(name)} --server ${server} ` +
    `--steps throughput --no-http${each.line.includes('-d ') ? '' : ` -w 1s -d ${seconds}s`}`;
  const command = line.split(' ');
  const request = parseRequest(command);
  if (request.command !== 'run') throw new TypeError(line);
  const profiles = await loadProfiles(fileURLToPath(new URL('nginx-profiles/', PROJECT)));
  const sides = chooseVariants({ profiles, tunings: [], binaries: [] }, request.run.variants);
  const runtime = { bun: bunHere()?.version ?? null, ioUring: ioUringHere() };
  const [environment, machine] = await Promise.all([readEnvironment(runtime), readMachine(runtime)]);
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { variants, planRun, planStep } = planRequest(request.run, sides, {
    command,
    now: new Date(),
    seed,
    machine,
  });
  let figure: number | null = null;
  const never = new AbortController().signal;
  await runExperiment({
    strategy: makeSteps({
      ...request.run,
      variants: variants.map(({ name }) => name),
      planOf: (of) => planStep(of).plan,
    }),
    planRun,
    environment,
    proxies: await proxiesOf(sides),
    assess: () => [],
    signal: never,
    urgent: never,
    say: () => {},
    listeners: [
      (event) => {
        if (event.type !== 'run-ended') return;
        if (event.run.outcome.state !== 'completed') throw new Error(event.run.outcome.reason);
        figure = FIGURES[each.unit](figuresOf(event.run));
      },
    ],
  });
  if (figure === null) throw new Error(`${each.name}: ${name} produced no figure.`);
  return figure;
}

async function proxiesOf(sides: readonly Side[]): Promise<Map<string, VariantProxy>> {
  const proxies = new Map<string, VariantProxy>();
  for (const { profile, variant } of sides) {
    const source = proxySource(profile, variant);
    if (source === null) continue;
    const binary = await NGINX.locate({
      source: null,
      searchPath: process.env.PATH ?? '',
      cacheDir: fileURLToPath(new URL('.cache', PROJECT)),
      say: (text) => void process.stderr.write(`${text}\n`),
    });
    proxies.set(variant.name, { binary, prepared: await NGINX.prepare(source), upgradeTo: null });
  }
  return proxies;
}

function print(
  { name: what, unit }: Case,
  name: string,
  baselines: readonly string[],
  absolute: ReadonlyMap<string, number[]>,
  ratios: ReadonlyMap<string, number[]>,
): void {
  const key = `${what} ${name}`;
  const figures = absolute.get(key) ?? [];
  const against = baselines
    .filter((baseline) => baseline !== name && ratios.has(`${key} ${baseline}`))
    .map((baseline) => `${spread(ratios.get(`${key} ${baseline}`) ?? [], 2)} × ${baseline}`.padEnd(32));
  process.stdout.write(
    `${what.padEnd(20)} ${name.padEnd(10)} ${spread(figures, 1)} ${unit}, ${against.join(' ')}\n`,
  );
}

/** Cost in ns of recording one message of a closed loop, both when sent and when echoed. */
function recordingNs(): number {
  const recorder = new Recorder(
    { host: 'here', index: 0 },
    MESSAGE_NAMES,
    () => {},
    () => null,
  );
  const messages = new Messages(recorder);
  recorder.schedule({ connectedUs: 0, warmUpUs: 1, steadyUs: 2, drainUs: 1e12 });
  const count = 3_000_000;
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    const nowUs = 10 + i * 20;
    messages.sent(nowUs, 64);
    messages.echoed(nowUs + 10, nowUs - (i % 5_000), 64);
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
