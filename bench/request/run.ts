import type { ConfigurationOptions } from '../model/configuration.ts';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import type { Payload } from '../model/load.ts';
import { ENGINES, type EngineName, STEPS, type Step } from '../model/plan.ts';
import type { Command } from './command.ts';
import { configurationOptions } from './configuration.ts';
import { exportsOf } from './exports.ts';
import { last, milliseconds, number, oneOf, rate } from './given.ts';
import { Incomplete } from './incomplete.ts';
import { suggestion } from './nearest.ts';
import { type NginxSources, nginxSources } from './nginx.ts';
import type { GivenOptions } from './options.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { type Tags, tagsOf } from './tags.ts';
import { checkFitSteps, parseThreshold, type Threshold } from './threshold.ts';
import { type Bounds, parseByteRange, quoted } from './units.ts';

/** What `run` was asked for. Null means: the preflight decides. */
export interface RunRequest {
  /** Names as typed: `tls`, `tls+buf-16k`; `all` is not resolved yet. */
  variants: readonly string[];
  /** Paths of configurations of a person's own, put under load after the variants. */
  configurations: readonly string[];
  /** How those are read and entered. */
  configurationOptions: ConfigurationOptions;
  /** What each variant is put through, in order. */
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
  /** Of the lean ends; null: the preflight decides. */
  engine: EngineName | null;
  /** Null: as the step wants it. */
  server: 'ws' | 'lean' | null;
  workers: number | null;
  servers: number | null;
  nginxWorkers: number | null;
  pin: boolean | null;
  http: boolean;
  nginx: NginxSources;
  /** Null: drawn at random. */
  seed: number | null;
  thresholds: readonly Threshold[];
  /** Variant without a proxy that the price of the proxy is told against; it runs as one of the variants. */
  baseline: string | null;
  strict: boolean;
  json: boolean;
  /** Folder that run folders are made in. */
  reports: string;
  /** Null: named after the variants. */
  name: string | null;
  exports: readonly WantedExport[];
  /** Whether the report is served while it grows; port null: a free one. */
  live: { port: number | null } | null;
  quiet: boolean;
  /** What the person calls it by. */
  tags: Tags;
  /** Whether what is stored leaves out host names, user names and paths. */
  redact: boolean;
}

const PORTS: Bounds = { min: 1, max: 65_535 };
const MINUTE_US = 60_000_000;
const PROCESSES: Bounds = { min: 1, max: 256 };
const IN_FLIGHT: Bounds = { min: 1, max: 65_536 };
const ARRIVALS = ['uniform', 'poisson'] as const;
export const CONNECTIONS: Bounds = { min: 1, max: 1_000_000 };
export const PER_SECOND: Bounds = { min: 0.001, max: 10_000_000 };
/** Up to a day: timers of Node overflow after 24.8 days. */
export const DURATION_US: Bounds = { min: 1000, max: 24 * 60 * MINUTE_US };
const TIMEOUT_US: Bounds = { min: 1000, max: 60 * MINUTE_US };
/** The size that the echo server on `ws` takes at the most is 100 MiB. */
const PAYLOAD: Bounds = { min: 0, max: 16 * 2 ** 20 };

export const runCommand = {
  operands: '',
  help: 'Put variants under load and write a report (the default command)',
  options: RUN_OPTIONS,
  parse: (given) => ({ command: 'run', run: runRequest(given) }),
} as const satisfies Command<{ command: 'run'; run: RunRequest }>;

/** Reads the options of `run`; throws a Problem of kind `usage`. */
function runRequest(given: GivenOptions): RunRequest {
  const steps = stepsOf(given);
  const asked = variantsOf(given);
  const baseline = baselineOf(given, asked);
  const variants = baseline === null ? asked : [baseline, ...asked.filter((name) => name !== baseline)];
  const request = requestOf(given, { variants, steps, warmupMs: 2000, durationMs: 10_000 });
  checkFitSteps(request.thresholds, steps);
  return { ...request, baseline };
}

function baselineOf(given: GivenOptions, variants: readonly string[]): 'direct' | null {
  const baseline = oneOf(given, 'baseline', ['direct']);
  if (baseline === null || given.has('conf') || variants.some((name) => name !== baseline)) return baseline;
  throw new Problem(
    'usage',
    '--baseline direct tells what the proxy costs a variant, and none is named that has one: -p tls --baseline direct.',
  );
}

/** Reads the options that all commands share which put variants under load. */
export function requestOf(
  given: GivenOptions,
  { warmupMs, durationMs, ...what }: Pick<RunRequest, 'variants' | 'steps' | 'warmupMs' | 'durationMs'>,
): RunRequest {
  const connections = number(given, 'connections', CONNECTIONS) ?? 1000;
  return {
    ...what,
    configurations: given.get('conf') ?? [],
    configurationOptions: configurationOptions(given),
    inFlight: number(given, 'in-flight', IN_FLIGHT) ?? 1,
    ratePerSecond: rate(given, 'rate', PER_SECOND),
    arrivals: oneOf(given, 'arrivals', ARRIVALS) ?? 'uniform',
    payload: payloadOf(given),
    connections,
    rampPerSecond: rate(given, 'ramp', PER_SECOND) ?? 0,
    warmupMs: milliseconds(given, 'warmup', { ...DURATION_US, min: 0 }) ?? warmupMs,
    durationMs: milliseconds(given, 'duration', DURATION_US) ?? durationMs,
    echoTimeoutMs: milliseconds(given, 'echo-timeout', TIMEOUT_US) ?? 10_000,
    connectTimeoutMs: milliseconds(given, 'connect-timeout', TIMEOUT_US) ?? 10_000,
    engine: oneOf(given, 'engine', ENGINES),
    client: oneOf(given, 'client', ['lean', 'ws']) ?? 'lean',
    server: oneOf(given, 'server', ['ws', 'lean']),
    workers: workersOf(given, connections),
    servers: number(given, 'servers', PROCESSES),
    nginxWorkers: number(given, 'nginx-workers', PROCESSES),
    pin: pinOf(given),
    http: !given.has('no-http'),
    nginx: nginxSources(given),
    seed: number(given, 'seed', { min: 0, max: 2 ** 32 - 1 }),
    thresholds: (given.get('threshold') ?? []).map(parseThreshold),
    baseline: null,
    strict: given.has('strict'),
    json: given.has('json'),
    reports: last(given, 'reports') ?? 'reports',
    name: last(given, 'name'),
    exports: exportsOf(given),
    live: given.has('live') ? { port: number(given, 'live', PORTS) } : null,
    quiet: given.has('quiet'),
    tags: tagsOf(given),
    redact: given.has('redact'),
  };
}

/** Names of variants as they were typed; none where configurations of a person's own take their place. */
export function variantsOf(given: GivenOptions): string[] {
  if (given.has('conf') && !given.has('profile')) return [];
  const names = (last(given, 'profile') ?? '').split(',').map((name) => name.trim());
  if (!given.has('profile')) {
    throw new Incomplete(
      'Which profile? Name one with --profile, as in --profile tls; `profiles` lists them. Or name your own configuration with --conf.',
      { conf: 'nginx.conf' },
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
    throw new Incomplete(
      'The rate of the step latency follows from what the step throughput measures: name one, as in --rate 5k, or ask for both steps.',
      { rate: '5k' },
    );
  }
  return steps;
}

export function namedSteps(text: string): Step[] {
  const names = text.split(',').map((name) => name.trim());
  const stranger = names.find((name) => !STEPS.some((step) => step === name));
  if (stranger === undefined) return STEPS.filter((step) => names.includes(step));
  throw new Problem(
    'usage',
    `--steps ${quoted(stranger)} is not known.${suggestion(stranger, STEPS)} The steps are ${STEPS.join(' and ')}, with a comma between them.`,
  );
}

/** What completes a line that asks for one step by what it says of the other. */
const BOTH_STEPS = { steps: STEPS.join(',') };

export function needsStep(option: string, step: Step): Problem {
  return new Incomplete(
    `${option} shapes the step ${step}, and --steps leaves that out: name it as well, or leave ${option} out.`,
    BOTH_STEPS,
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
