import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import { PROXY } from '../model/proxy.ts';
import type { Wanted } from '../model/size.ts';
import { TOUCH_BYTES } from '../scenarios/idle/definition.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { Command } from './command.ts';
import { last, number, rate } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { checkOneVariant, hasProxy, PER_SECOND, type RunRequest, requestOf, variantsOf } from './run.ts';
import { optionsOfItsRuns, RUN_OPTIONS, refusedAgents, refusedTarget } from './run-options.ts';
import type { ScenarioRequest } from './scenario.ts';
import { type Bounds, formatNumber, quoted } from './units.ts';

/** The request of `size`. */
export interface SizeRequest {
  /** The request for each run. It has one variant, and the steps of three scenarios. */
  run: RunRequest;
  wanted: Wanted;
  /**
   * Connections of the runs that check the plan; null for a tenth of the planned number, or fewer if the
   * machine cannot hold that many.
   */
  check: number | null;
  /** Number of runs of each kind that measure costs. */
  rounds: number;
}

/**
 * Minimum number of connections for checking a plan. With fewer, worker_connections would be so close to its
 * minimum that its memory cost per unit could not be determined.
 */
export const FEWEST_CHECKED = 400;
const PLANNED: Bounds = { min: 1000, max: 1_000_000_000 };
const ROUNDS: Bounds = { min: 2, max: 20 };

const DURATION_MS = 3000;
const WARMUP_MS = 1000;

/**
 * Defaults of the plan: the interval at which each connection sends a message, and the lifetime of a
 * connection.
 */
const SECONDS_PER_MESSAGE = 10;
const LIFETIME_SECONDS = 600;
const UTILISATION_PERCENT = 50;

const SIZE_OPTIONS = {
  connections: { short: 'c', value: 'N', help: 'WebSockets to plan for, such as 100k or 1M' },
  rate: { short: 'R', value: 'N', help: 'Messages per second in total [one per connection every 10 s]' },
  churn: { value: 'N', help: 'New connections per second [as if each lasted ten minutes]' },
  utilisation: { value: 'PERCENT', help: 'Highest CPU utilisation of an Nginx worker [50]' },
  check: { value: 'N', help: 'Connections in the run that checks the plan [a tenth, if possible]' },
  rounds: { value: 'N', help: 'Number of runs that measure each cost [3]' },
} as const satisfies Options;

/** Reasons why `size` lacks options of `run`. */
const ABSENT = {
  ...refusedAgents('it measures the resources that processes on this host use'),
  ...refusedTarget('it starts the variant that it measures'),
  baseline: 'measure the price of the proxy with `run`',
  server: 'it measures with the lean echo server',
  backend: `it measures what ${PROXY} costs, using the bench's own echo servers`,
  scenario: 'it runs the scenarios idle, echo and connect',
  steps: 'it runs the steps that it needs to measure the costs',
  arrivals: 'its messages are spaced evenly',
  'in-flight': 'it measures the CPU time per message in an open loop',
  'nginx-workers': 'the number of workers is part of the result',
  threshold: 'its result contains the prediction error found by the check instead',
  'no-http': 'it sends no HTTP requests',
};

const NOT_OF_ITS_RUNS = [
  ...Object.keys(ABSENT),
  ...Object.keys(SIZE_OPTIONS),
  ...Object.keys(RUN_OPTIONS['The scenario']),
];

/** Help texts that differ from those of `run`. */
const HELP: Readonly<Record<string, string>> = {
  profile: 'Variant: tls, tls+buf-16k',
  duration: 'Duration of the measured phase per run [3s]',
  warmup: 'Warm-up before the measured phase [1s]',
  payload: 'Message size: 64, 16k, 64-1024 [64]',
};

export const sizeCommand = {
  operands: '',
  help: 'What does a planned load need: workers, memory, limits, ports?',
  absent: ABSENT,
  options: { 'The plan': SIZE_OPTIONS, ...optionsOfItsRuns(NOT_OF_ITS_RUNS, HELP) },
  parse: (given) => ({ command: 'size', size: sizeRequest(given) }),
} as const satisfies Command<{ command: 'size'; size: SizeRequest }>;

/** Parses the options of `size`; throws a `usage` Problem if they are invalid. */
function sizeRequest(given: GivenOptions): SizeRequest {
  const variants = variantsOf(given);
  const connections = number(given, 'connections', PLANNED);
  if (connections === null) {
    throw new Incomplete('--connections is missing. Give the number to plan for, such as 100k.', {
      connections: '100k',
    });
  }
  const check = checkOf(given, connections);
  const steps = ['throughput', 'fastest', 'touched', 'latency', 'scheduled'];
  const run = requestOf(ofItsRuns(given), { variants, steps, warmupMs: WARMUP_MS, durationMs: DURATION_MS });
  checkVariant(run);
  const wanted = wantedOf(given, connections, run);
  return {
    run: { ...run, http: false, server: 'lean', name: run.name ?? nameOf(run), others: othersOf(run) },
    wanted,
    check,
    rounds: number(given, 'rounds', ROUNDS) ?? 3,
  };
}

/** Removes the options that describe the plan rather than the runs. */
function ofItsRuns(given: GivenOptions): GivenOptions {
  return new Map([...given].filter(([name]) => !Object.hasOwn(SIZE_OPTIONS, name)));
}

function checkOf(given: GivenOptions, connections: number): number | null {
  const check = number(given, 'check', { min: FEWEST_CHECKED, max: PLANNED.max });
  if (check === null || check <= connections) return check;
  throw new Problem(
    'usage',
    `--check ${formatNumber(check)} is more than --connections ${formatNumber(connections)}. Check no more connections than you plan for.`,
  );
}

function checkVariant(run: RunRequest): void {
  checkOneVariant('size', run);
  if (hasProxy(run)) return;
  throw new Problem('usage', `\`size\` plans for ${PROXY}, but direct has none. Name another variant.`);
}

function wantedOf(given: GivenOptions, connections: number, { payload }: RunRequest): Wanted {
  const ratePerSecond = rate(given, 'rate', { ...PER_SECOND, min: 0 });
  const churnPerSecond = rate(given, 'churn', { ...PER_SECOND, min: 0 });
  return {
    connections,
    ratePerSecond: ratePerSecond ?? Math.round(connections / SECONDS_PER_MESSAGE),
    churnPerSecond: churnPerSecond ?? Math.round(connections / LIFETIME_SECONDS),
    payloadBytes: payload.maxBytes,
    utilisation: utilisationOf(given),
    assumed: [
      ...(ratePerSecond === null ? (['rate'] as const) : []),
      ...(churnPerSecond === null ? (['churn'] as const) : []),
    ],
  };
}

/** The utilisation as a share of a CPU. */
function utilisationOf(given: GivenOptions): number {
  const text = last(given, 'utilisation') ?? `${UTILISATION_PERCENT}%`;
  const percent = Number(/^(\d{1,3})\s*%?$/.exec(text)?.[1]);
  if (percent >= 1 && percent <= 100) return percent / 100;
  throw new Problem('usage', `--utilisation ${quoted(text)} must be a percentage from 1 to 100.`);
}

/**
 * Returns the scenarios that measure the costs of open connections and of handshakes. A touched connection
 * exchanges one message of the planned size, because its memory depends on how much of its buffers was used.
 */
function othersOf({ payload }: RunRequest): ScenarioRequest[] {
  const idle = scenarioNamed('idle');
  const connect = scenarioNamed('connect');
  const touch = Math.min(TOUCH_BYTES, Math.max(1, payload.maxBytes));
  return [
    { scenario: idle, scenarioOptions: { ...defaultsOf(idle), touch } },
    { scenario: connect, scenarioOptions: defaultsOf(connect) },
  ];
}

function defaultsOf({ options }: ScenarioRequest['scenario']): ScenarioRequest['scenarioOptions'] {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

function nameOf({ variants, configurations }: RunRequest): string {
  return ['size', ...variants, ...configurations.map((path) => basename(path))].join('-');
}
