import { Problem } from '../model/failure.ts';
import type { Payload } from '../model/load.ts';
import { ENGINES, type EngineName, STEPS, type Step } from '../model/plan.ts';
import { suggestion } from './nearest.ts';
import {
  COMMON_OPTIONS,
  type GivenOptions,
  JSON_OPTION,
  type Options,
  RUN_OPTIONS,
  readOptions,
} from './options.ts';
import { checkFitSteps, parseThreshold, type Threshold } from './threshold.ts';
import { type Bounds, parseByteRange, parseCount, parseDuration, parseNumber, quoted } from './units.ts';

/** What `run` was asked for. Null means: the preflight decides. */
export interface RunRequest {
  /** As typed; `all` is not resolved yet. */
  profiles: readonly string[];
  /** What each profile is put through, in order. */
  steps: readonly Step[];
  /** Closed loop, step `throughput`: unanswered messages per connection. */
  inFlight: number;
  /** Open loop, step `latency`. Rate null: chosen from what the step `throughput` measured. */
  ratePerSecond: number | null;
  arrivals: 'uniform' | 'poisson';
  payload: Payload;
  connections: number;
  rampPerSecond: number;
  warmupMs: number;
  durationMs: number;
  echoTimeoutMs: number;
  connectTimeoutMs: number;
  client: 'lean' | 'ws';
  /** Null: as the step wants it. */
  server: 'ws' | 'lean' | null;
  /** Of the lean ends; null: the preflight decides. */
  engine: EngineName | null;
  workers: number | null;
  servers: number | null;
  nginxWorkers: number | null;
  pin: boolean | null;
  http: boolean;
  /** Path of the binary; null: the one on PATH, else a fetched one. */
  nginxPath: string | null;
  /** Null: drawn at random. */
  seed: number | null;
  thresholds: readonly Threshold[];
  strict: boolean;
  json: boolean;
  /** Folder that run folders are made in. */
  reports: string;
  /** Null: named after the profiles. */
  name: string | null;
}

/** What a command line asks for. */
export type Request =
  | { command: 'run'; run: RunRequest }
  | { command: 'report'; path: string; json: boolean }
  | { command: 'profiles'; json: boolean }
  | { command: 'help' }
  | { command: 'version' };

const COMMANDS = ['run', 'report', 'profiles', 'help', 'version'] as const;
type Command = (typeof COMMANDS)[number];

const LISTED_JSON = { json: { value: null, help: 'Print JSON' } } as const satisfies Options;

const OPTIONS: Readonly<Record<Command, Options>> = {
  run: Object.assign({}, ...Object.values(RUN_OPTIONS), COMMON_OPTIONS),
  report: { ...JSON_OPTION, ...COMMON_OPTIONS },
  profiles: { ...LISTED_JSON, ...COMMON_OPTIONS },
  help: COMMON_OPTIONS,
  version: COMMON_OPTIONS,
};

const MINUTE_US = 60_000_000;
const PROCESSES: Bounds = { min: 1, max: 256 };
const IN_FLIGHT: Bounds = { min: 1, max: 65_536 };
const ARRIVALS = ['uniform', 'poisson'] as const;
const CONNECTIONS: Bounds = { min: 1, max: 1_000_000 };
const PER_SECOND: Bounds = { min: 0.001, max: 10_000_000 };
/** Up to a day: timers of Node overflow after 24.8 days. */
const DURATION_US: Bounds = { min: 1000, max: 24 * 60 * MINUTE_US };
const TIMEOUT_US: Bounds = { min: 1000, max: 60 * MINUTE_US };
/** The size that the echo server on `ws` takes at the most is 100 MiB. */
const PAYLOAD: Bounds = { min: 0, max: 16 * 2 ** 20 };

/** Reads argv (without node and script); throws a Problem of kind `usage` where it is wrong. */
export function parseRequest(argv: readonly string[]): Request {
  const [first] = argv;
  const named = first !== undefined && !first.startsWith('-');
  const command = named ? commandOf(first) : 'run';
  const { given, operands } = readOptions(named ? argv.slice(1) : argv, OPTIONS[command]);
  if (given.has('help') || argv.length === 0) return { command: 'help' };
  if (given.has('version')) return { command: 'version' };
  if (command === 'report') return { command, path: reportPath(operands), json: given.has('json') };
  const [stray] = operands;
  if (stray !== undefined) throw strayOperand(command, stray);
  if (command === 'run') return { command, run: runRequest(given) };
  return command === 'profiles' ? { command, json: given.has('json') } : { command };
}

function commandOf(word: string): Command {
  const command = COMMANDS.find((name) => name === word);
  if (command !== undefined) return command;
  throw new Problem(
    'usage',
    `There is no command ${quoted(word)}.${suggestion(word, COMMANDS)} The commands are ${COMMANDS.join(', ')}; ` +
      'with npm, options stand after a --: npm run bench -- --profile tls',
  );
}

function strayOperand(command: Command, word: string): Problem {
  if (COMMANDS.some((name) => name === word)) {
    return new Problem('usage', `The command stands before its options: npm run bench -- ${word} …`);
  }
  const hint = command === 'run' ? '; profiles are named by --profile, with commas between them' : '';
  return new Problem('usage', `\`${command}\` takes no ${quoted(word)}${hint}.`);
}

function reportPath(operands: readonly string[]): string {
  const [path, ...rest] = operands;
  if (path !== undefined && rest.length === 0) return path;
  throw new Problem('usage', '`report` takes one path, of a folder in reports/ or of the result.json in it.');
}

function runRequest(given: GivenOptions): RunRequest {
  const steps = stepsOf(given);
  const thresholds = (given.get('threshold') ?? []).map(parseThreshold);
  checkFitSteps(thresholds, steps);
  const connections = number(given, 'connections', CONNECTIONS) ?? 1000;
  return {
    profiles: profilesOf(given),
    steps,
    inFlight: number(given, 'in-flight', IN_FLIGHT) ?? 1,
    ratePerSecond: rate(given, 'rate'),
    arrivals: oneOf(given, 'arrivals', ARRIVALS) ?? 'uniform',
    payload: payloadOf(given),
    connections,
    rampPerSecond: rate(given, 'ramp') ?? 0,
    warmupMs: milliseconds(given, 'warmup', { ...DURATION_US, min: 0 }) ?? 2000,
    durationMs: milliseconds(given, 'duration', DURATION_US) ?? 10_000,
    echoTimeoutMs: milliseconds(given, 'echo-timeout', TIMEOUT_US) ?? 10_000,
    connectTimeoutMs: milliseconds(given, 'connect-timeout', TIMEOUT_US) ?? 10_000,
    client: oneOf(given, 'client', ['lean', 'ws']) ?? 'lean',
    server: oneOf(given, 'server', ['ws', 'lean']),
    engine: oneOf(given, 'engine', ENGINES),
    workers: workersOf(given, connections),
    servers: number(given, 'servers', PROCESSES),
    nginxWorkers: number(given, 'nginx-workers', PROCESSES),
    pin: pinOf(given),
    http: !given.has('no-http'),
    nginxPath: last(given, 'nginx'),
    seed: number(given, 'seed', { min: 0, max: 2 ** 32 - 1 }),
    thresholds,
    strict: given.has('strict'),
    json: given.has('json'),
    reports: last(given, 'reports') ?? 'reports',
    name: last(given, 'name'),
  };
}

function profilesOf(given: GivenOptions): string[] {
  const names = (last(given, 'profile') ?? '').split(',').map((name) => name.trim());
  if (!given.has('profile')) {
    throw new Problem(
      'usage',
      'Which profile? Name one with --profile, as in --profile tls; `profiles` lists them.',
    );
  }
  if (names.includes('')) throw new Problem('usage', '--profile has an empty name between its commas.');
  if (names.includes('all') && names.length > 1) {
    throw new Problem('usage', '--profile all names every profile already; leave the other names out.');
  }
  return names;
}

/** What is asked of each step says which are wanted; --steps says it outright. */
function stepsOf(given: GivenOptions): Step[] {
  const closed = given.has('in-flight');
  const open = given.has('rate');
  const named = last(given, 'steps');
  const steps =
    named === null
      ? STEPS.filter((step) => closed === open || (step === 'latency') === open)
      : namedSteps(named);
  if (open && !steps.includes('latency')) throw needsStep('--rate', 'latency');
  if (given.has('arrivals') && !steps.includes('latency')) throw needsStep('--arrivals', 'latency');
  if (closed && !steps.includes('throughput')) throw needsStep('--in-flight', 'throughput');
  if (!open && !steps.includes('throughput')) {
    throw new Problem(
      'usage',
      'The rate of the step latency follows from what the step throughput measures: name one, as in --rate 5k, or ask for both steps.',
    );
  }
  return steps;
}

function namedSteps(text: string): Step[] {
  const names = text.split(',').map((name) => name.trim());
  const stranger = names.find((name) => !STEPS.some((step) => step === name));
  if (stranger === undefined) return STEPS.filter((step) => names.includes(step));
  throw new Problem(
    'usage',
    `--steps ${quoted(stranger)} is not known.${suggestion(stranger, STEPS)} The steps are ${STEPS.join(' and ')}, with a comma between them.`,
  );
}

function needsStep(option: string, step: Step): Problem {
  return new Problem(
    'usage',
    `${option} shapes the step ${step}, and --steps leaves that out: name it as well, or leave ${option} out.`,
  );
}

function payloadOf(given: GivenOptions): Payload {
  const { min, max } = parseByteRange('--payload', last(given, 'payload') ?? '64', PAYLOAD);
  return { minBytes: min, maxBytes: max, type: oneOf(given, 'type', ['text', 'binary']) ?? 'text' };
}

function workersOf(given: GivenOptions, connections: number): number | null {
  const workers = number(given, 'workers', PROCESSES);
  if (workers === null || workers <= connections) return workers;
  throw new Problem('usage', `--workers ${workers} is more than there are connections (${connections}).`);
}

function pinOf(given: GivenOptions): boolean | null {
  if (given.has('pin') && given.has('no-pin')) {
    throw new Problem('usage', '--pin and --no-pin contradict each other; leave one out.');
  }
  if (given.has('pin')) return true;
  return given.has('no-pin') ? false : null;
}

function last(given: GivenOptions, name: string): string | null {
  return given.get(name)?.at(-1) ?? null;
}

function number(given: GivenOptions, name: string, bounds: Bounds): number | null {
  const text = last(given, name);
  return text === null ? null : parseCount(`--${name}`, text, bounds);
}

function rate(given: GivenOptions, name: string): number | null {
  const text = last(given, name);
  return text === null ? null : parseNumber(`--${name}`, text, PER_SECOND);
}

function milliseconds(given: GivenOptions, name: string, boundsUs: Bounds): number | null {
  const text = last(given, name);
  if (text === null) return null;
  const ms = parseDuration(`--${name}`, text, boundsUs) / 1000;
  if (Number.isInteger(ms)) return ms;
  throw new Problem(
    'usage',
    `--${name} ${quoted(text)} is finer than a millisecond: write it as 500ms, 30s or 2m.`,
  );
}

function oneOf<T extends string>(given: GivenOptions, name: string, values: readonly T[]): T | null {
  const text = last(given, name);
  if (text === null) return null;
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw new Problem('usage', `--${name} ${quoted(text)} is not known: it is ${values.join(' or ')}.`);
}
