import { basename } from 'node:path';
import type { Axis } from '../model/capacity.ts';
import type { Condition } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Load } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import type { Command } from './command.ts';
import { milliseconds, number, oneOf, rate } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import {
  CONNECTIONS,
  checkOneVariant,
  DURATION_US,
  hasProxy,
  PER_SECOND,
  type RunRequest,
  requestOf,
  variantsOf,
} from './run.ts';
import { optionsOfItsRuns, RUN_OPTIONS, refusedTarget, TARGET_OPTIONS } from './run-options.ts';
import { stepsWith } from './scenario.ts';
import { parseCondition, unmeasurable } from './threshold.ts';
import { type Bounds, formatNumber, quoted } from './units.ts';

/** The steps of a search: the closed loop yields the first level, and each trial is an open loop. */
export const SEARCH_STEPS = { start: searchStep('closed'), trial: searchStep('open') };

function searchStep(kind: Load['kind']): Step {
  const [step] = stepsWith(kind, DEFAULT_SCENARIO);
  if (step === undefined) throw new TypeError(`${DEFAULT_SCENARIO.name} has no ${kind} loop`);
  return step;
}

/** The request of `capacity`. */
export interface CapacityRequest {
  /** The request for each trial. It has one variant. */
  run: RunRequest;
  axis: Axis;
  /** The objectives, all of which must be met. */
  objectives: readonly Condition[];
  /**
   * First level to try, in messages per second or connections; null to derive it from a run of the throughput
   * step.
   */
  start: number | null;
  /** Minimum level. Below it, a trial has too few samples for the percentiles in the objectives. */
  least: number;
  /** Maximum level; null for the highest that the machine can run. */
  most: number | null;
  budgetMs: number | null;
}

/**
 * Duration of a trial, in ms: long enough for a meaningful p99, but short enough for a search with a dozen
 * trials.
 */
const DURATION_MS = 5000;
const WARMUP_MS = 2000;

const DEFAULT_OBJECTIVE = 'response.p99<20ms';
/**
 * Objectives added to every search unless the user sets one on the same metric: no connection may fail, and no
 * message may be lost.
 */
const WHOLE = ['connections.failed==0', 'messages.lost==0'];

const LEAST_SAMPLES = 20;
/** Minimum number of samples for a percentile: ten samples must be beyond it. */
const SAMPLES: readonly (readonly [metric: RegExp, samples: number])[] = [
  [/\.p9999$/, 100_000],
  [/\.p999$/, 10_000],
  [/\.p99$/, 1000],
  [/\.p95$/, 200],
  [/\.p90$/, 100],
];

const CAPACITY_OPTIONS = {
  objective: {
    value: 'CONDITION',
    many: true,
    help: `Objective to meet; repeat to add more [${DEFAULT_OBJECTIVE}]`,
  },
  over: { value: 'rate|connections', help: 'What to increase until an objective is missed [rate]' },
  rate: {
    short: 'R',
    value: 'N',
    help: 'First rate to try [automatic]; with --over connections: total rate',
  },
  'rate-per-connection': { value: 'N', help: 'With --over connections: messages/s on each connection [1]' },
  connections: {
    short: 'c',
    value: 'N',
    help: 'WebSockets [1000]; with --over connections: first number to try',
  },
  max: { value: 'N', help: 'Highest rate, or number of connections, to try' },
  budget: { value: 'TIME', help: 'Time limit; a trial that would exceed it is not started' },
} as const satisfies Options;

/** Options of `run` that make no sense or take a different form in a search. */
const NOT_OF_A_TRIAL = [
  'steps',
  ...Object.keys(TARGET_OPTIONS),
  'baseline',
  'threshold',
  'no-http',
  'in-flight',
  ...Object.keys(RUN_OPTIONS['The scenario']),
  ...Object.keys(CAPACITY_OPTIONS),
];

/** Help texts that differ from those of `run`. */
const HELP: Readonly<Record<string, string>> = {
  profile: 'Variant: tls, tls+buf-16k',
  server: 'Echo server [lean]',
  duration: 'Duration of the measured phase per trial [5s]',
  arrivals: 'Spacing of messages [uniform]',
  strict: `Exit with 1 unless ${PROXY} was the limit`,
};

export const capacityCommand = {
  operands: '',
  help: 'Find the highest rate or WebSocket count that meets an objective',
  absent: {
    steps: `it searches with the ${SEARCH_STEPS.trial} step`,
    ...refusedTarget('it searches for the capacity of a variant that it starts'),
    baseline: 'measure the price of the proxy with `run`',
    threshold: 'use --objective',
    'no-http': 'it sends no HTTP requests',
    'in-flight': 'its trials follow a schedule',
  },
  options: { 'The search': CAPACITY_OPTIONS, ...optionsOfItsRuns(NOT_OF_A_TRIAL, HELP) },
  parse: (given) => ({ command: 'capacity', capacity: capacityRequest(given) }),
} as const satisfies Command<{ command: 'capacity'; capacity: CapacityRequest }>;

/** Parses the options of `capacity`; throws a `usage` Problem if they are invalid. */
function capacityRequest(given: GivenOptions): CapacityRequest {
  const over = oneOf(given, 'over', ['rate', 'connections']) ?? 'rate';
  const needsStart = over === 'rate' && !given.has('rate');
  const steps = [...(needsStart ? [SEARCH_STEPS.start] : []), SEARCH_STEPS.trial];
  const variants = variantsOf(given);
  const run = requestOf(given, { variants, steps, warmupMs: WARMUP_MS, durationMs: DURATION_MS });
  checkOneVariant('capacity', run);
  const objectives = objectivesOf(given, run);
  const axis = axisOf(given, over, run);
  const least = leastOf(axis, objectives, run);
  return {
    run: { ...run, http: false, server: run.server ?? 'lean', name: run.name ?? nameOf(run, axis) },
    axis,
    objectives,
    start: over === 'rate' ? run.load.ratePerSecond : run.connections,
    least,
    most: mostOf(given, over, least),
    budgetMs: milliseconds(given, 'budget', DURATION_US),
  };
}

function objectivesOf(given: GivenOptions, run: RunRequest): Condition[] {
  const asked = (given.get('objective') ?? [DEFAULT_OBJECTIVE]).map((text) =>
    parseCondition('--objective', text),
  );
  const untold = unmeasurable(asked, {
    schedule: true,
    'closed-loop': false,
    http: false,
    proxy: hasProxy(run),
    answers: true,
  });
  if (untold !== null) {
    throw new Problem(
      'usage',
      untold.need === 'proxy'
        ? `--objective ${quoted(untold.text)} needs ${PROXY}, but direct has none. Name another variant.`
        : `--objective ${quoted(untold.text)} cannot be measured: a trial is an open loop without HTTP requests. Use \`run\` to measure it.`,
    );
  }
  const whole = WHOLE.map((text) => parseCondition('--objective', text));
  return [...asked, ...whole.filter(({ metric }) => !asked.some((each) => each.metric === metric))];
}

function axisOf(given: GivenOptions, over: Axis['over'], { connections, load }: RunRequest): Axis {
  const perConnection = rate(given, 'rate-per-connection', PER_SECOND);
  if (over === 'rate') {
    if (perConnection === null) return { over, connections };
    throw new Incomplete(
      '--rate-per-connection needs --over connections. Without it, the search itself sets the rate.',
      { over: 'connections' },
    );
  }
  const { ratePerSecond } = load;
  if (ratePerSecond !== null && perConnection !== null) {
    throw new Problem('usage', '--rate and --rate-per-connection contradict each other. Leave one out.');
  }
  return ratePerSecond === null
    ? { over, ratePerSecond: perConnection ?? 1, per: 'connection' }
    : { over, ratePerSecond, per: 'all' };
}

/** Options with which trials have enough samples, however low the rate is. */
const UNDEMANDING = { duration: '1440m', objective: 'messages.lost==0' };

/** Returns the lowest level at which a trial has enough samples for the objectives. */
function leastOf(axis: Axis, objectives: readonly Condition[], { durationMs, workers }: RunRequest): number {
  const samples = Math.max(1, ...objectives.filter(({ unit }) => unit === 'time').map(samplesFor));
  const perSecond = Math.ceil((samples * 1000) / durationMs);
  if (axis.over === 'rate') return perSecond;
  // Each generator process has at least one connection.
  const processes = workers ?? 1;
  if (axis.per === 'connection') return Math.max(processes, Math.ceil(perSecond / axis.ratePerSecond));
  if (axis.ratePerSecond >= perSecond) return processes;
  throw new Incomplete(
    `--rate ${formatNumber(axis.ratePerSecond)} sends too few messages: the objectives need ${samples} in each trial. ` +
      `Use --rate ${perSecond}, or a longer --duration.`,
    UNDEMANDING,
  );
}

function samplesFor({ metric }: Condition): number {
  return SAMPLES.find(([pattern]) => pattern.test(metric))?.[1] ?? LEAST_SAMPLES;
}

function mostOf(given: GivenOptions, over: Axis['over'], least: number): number | null {
  const bounds: Bounds = over === 'rate' ? PER_SECOND : CONNECTIONS;
  const most = over === 'rate' ? rate(given, 'max', bounds) : number(given, 'max', bounds);
  if (most === null || most >= least) return most;
  const unit = over === 'rate' ? 'messages per second' : 'connections';
  throw new Incomplete(
    `--max ${formatNumber(most)} is too low: the objectives need at least ${least} ${unit} in a trial of this length. Raise --max, or use a longer --duration.`,
    UNDEMANDING,
  );
}

function nameOf({ variants, configurations }: RunRequest, { over }: Axis): string {
  const names = [...variants, ...configurations.map((path) => basename(path))];
  return ['capacity', ...names, ...(over === 'connections' ? [over] : [])].join('-');
}
