import { basename } from 'node:path';
import type { Axis } from '../model/capacity.ts';
import type { Condition } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Step } from '../model/plan.ts';
import type { Command } from './command.ts';
import { milliseconds, number, oneOf, rate } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { CONNECTIONS, DURATION_US, PER_SECOND, type RunRequest, requestOf, variantsOf } from './run.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { parseCondition } from './threshold.ts';
import { type Bounds, formatNumber, quoted } from './units.ts';

/** What `capacity` was asked for. */
export interface CapacityRequest {
  /** What every trial is asked for; it has one variant. */
  run: RunRequest;
  axis: Axis;
  /** All have to be met. */
  objectives: readonly Condition[];
  /** Messages per second or connections; null: chosen from what the step `throughput` measures. */
  start: number | null;
  /** Below it a trial is too short for the percentiles that the objectives name. */
  least: number;
  /** Null: as many as can be run. */
  most: number | null;
  budgetMs: number | null;
}

/** Long enough for a p99 that is not chance alone, short enough for a search of a dozen trials. */
const DURATION_MS = 5000;
const WARMUP_MS = 2000;

const DEFAULT_OBJECTIVE = 'response.p99<20ms';
/** Part of every search unless an objective looks at the same: what loses messages does not hold anything. */
const WHOLE = ['connections.failed==0', 'messages.lost==0'];

/** Samples without which a percentile is not told: ten stand beyond it. */
const SAMPLES: readonly (readonly [metric: RegExp, samples: number])[] = [
  [/\.p999$/, 10_000],
  [/\.p99$/, 1000],
  [/\.p90$/, 100],
  [/\./, 20],
];

const CAPACITY_OPTIONS = {
  objective: {
    value: 'CONDITION',
    many: true,
    help: `What has to hold, all where there are several [${DEFAULT_OBJECTIVE}]`,
  },
  over: { value: 'rate|connections', help: 'What is raised until it does not [rate]' },
  rate: { short: 'R', value: 'N', help: 'Tried first [chosen]; over connections: of all of them together' },
  'rate-per-connection': { value: 'N', help: 'Over connections: messages per second on each [1]' },
  connections: { short: 'c', value: 'N', help: 'WebSockets [1000]; over connections: tried first' },
  max: { value: 'N', help: 'Nothing beyond this rate or number of connections is tried' },
  budget: { value: 'TIME', help: 'No trial is begun that would end later' },
} as const satisfies Options;

/** Options of `run` that make no sense in a search, or that it has in another way. */
const NOT_OF_A_TRIAL = [
  'steps',
  'baseline',
  'threshold',
  'no-http',
  'in-flight',
  ...Object.keys(CAPACITY_OPTIONS),
];

export const capacityCommand = {
  operands: '',
  help: 'The highest rate, or number of WebSockets, that holds an objective',
  options: { 'The search': CAPACITY_OPTIONS, ...optionsOfItsTrials() },
  parse: (given) => ({ command: 'capacity', capacity: capacityRequest(given) }),
} as const satisfies Command<{ command: 'capacity'; capacity: CapacityRequest }>;

/** Each puts one variant under load like the step `latency` of `run`. */
function optionsOfItsTrials(): Readonly<Record<string, Options>> {
  const changed: Record<string, string> = {
    profile: 'The variant: tls, tls+buf-16k',
    server: 'Echo server [lean]',
    duration: 'Length of the measured phase of each trial [5s]',
    arrivals: 'Spacing of the schedule [uniform]',
    strict: 'Exit with 1 unless Nginx itself was found to be the limit',
  };
  return Object.fromEntries(
    Object.entries<Options>(RUN_OPTIONS).map(([heading, options]) => [
      heading,
      Object.fromEntries(
        Object.entries(options)
          .filter(([name]) => !NOT_OF_A_TRIAL.includes(name))
          .map(([name, option]) => [name, { ...option, help: changed[name] ?? option.help }]),
      ),
    ]),
  );
}

/** Reads the options of `capacity`; throws a Problem of kind `usage`. */
function capacityRequest(given: GivenOptions): CapacityRequest {
  const over = oneOf(given, 'over', ['rate', 'connections']) ?? 'rate';
  const needsThroughput = over === 'rate' && !given.has('rate');
  const steps: Step[] = needsThroughput ? ['throughput', 'latency'] : ['latency'];
  const variants = variantsOf(given);
  const run = requestOf(given, { variants, steps, warmupMs: WARMUP_MS, durationMs: DURATION_MS });
  checkOne(run);
  const objectives = objectivesOf(given);
  const axis = axisOf(given, over, run);
  const least = leastOf(axis, objectives, run);
  return {
    run: { ...run, http: false, server: run.server ?? 'lean', name: run.name ?? nameOf(run, axis) },
    axis,
    objectives,
    start: over === 'rate' ? run.ratePerSecond : run.connections,
    least,
    most: mostOf(given, over, least),
    budgetMs: milliseconds(given, 'budget', DURATION_US),
  };
}

function checkOne({ variants, configurations }: RunRequest): void {
  if (variants.length + configurations.length === 1 && !variants.includes('all')) return;
  throw new Problem(
    'usage',
    '`capacity` searches for one variant at a time: name one, as in --profile tls, and run it again for another.',
  );
}

function objectivesOf(given: GivenOptions): Condition[] {
  const asked = (given.get('objective') ?? [DEFAULT_OBJECTIVE]).map((text) =>
    parseCondition('--objective', text),
  );
  const [untold] = asked.filter(({ metric }) => /^(http\.|perCoreCapacity$)/.test(metric));
  if (untold !== undefined) {
    throw new Problem(
      'usage',
      `--objective ${quoted(untold.text)} names what a trial does not measure: it is an open loop over WebSockets alone. \`run\` measures it.`,
    );
  }
  const whole = WHOLE.map((text) => parseCondition('--objective', text));
  return [...asked, ...whole.filter(({ metric }) => !asked.some((each) => each.metric === metric))];
}

function axisOf(given: GivenOptions, over: Axis['over'], { connections, ratePerSecond }: RunRequest): Axis {
  const perConnection = rate(given, 'rate-per-connection', PER_SECOND);
  if (over === 'rate') {
    if (perConnection === null) return { over, connections };
    throw new Incomplete(
      '--rate-per-connection needs --over connections: else the rate is what is searched.',
      { over: 'connections' },
    );
  }
  if (ratePerSecond !== null && perConnection !== null) {
    throw new Problem('usage', '--rate and --rate-per-connection contradict each other; leave one out.');
  }
  return ratePerSecond === null
    ? { over, ratePerSecond: perConnection ?? 1, per: 'connection' }
    : { over, ratePerSecond, per: 'all' };
}

/** Trials in which the lowest rate has the samples that the objectives need. */
const UNDEMANDING = { duration: '1440m', objective: 'messages.lost==0' };

/** The least level at which a trial has the samples that the objectives need. */
function leastOf(axis: Axis, objectives: readonly Condition[], { durationMs, workers }: RunRequest): number {
  const samples = Math.max(1, ...objectives.filter(({ unit }) => unit === 'time').map(samplesFor));
  const perSecond = Math.ceil((samples * 1000) / durationMs);
  if (axis.over === 'rate') return perSecond;
  // A generator process has one connection at the least.
  const processes = workers ?? 1;
  if (axis.per === 'connection') return Math.max(processes, Math.ceil(perSecond / axis.ratePerSecond));
  if (axis.ratePerSecond >= perSecond) return processes;
  throw new Incomplete(
    `--rate ${formatNumber(axis.ratePerSecond)} has fewer than the ${samples} messages in a trial that the objectives need: ` +
      `ask for ${perSecond}, or for longer trials (--duration).`,
    UNDEMANDING,
  );
}

function samplesFor({ metric }: Condition): number {
  return SAMPLES.find(([pattern]) => pattern.test(metric))?.[1] ?? 1;
}

function mostOf(given: GivenOptions, over: Axis['over'], least: number): number | null {
  const bounds: Bounds = over === 'rate' ? PER_SECOND : CONNECTIONS;
  const most = over === 'rate' ? rate(given, 'max', bounds) : number(given, 'max', bounds);
  if (most === null || most >= least) return most;
  throw new Incomplete(
    `--max ${formatNumber(most)} is less than a trial of this length needs for the objectives: ${least}. Ask for more, or for longer trials (--duration).`,
    UNDEMANDING,
  );
}

function nameOf({ variants, configurations }: RunRequest, { over }: Axis): string {
  const names = [...variants, ...configurations.map((path) => basename(path))];
  return ['capacity', ...names, ...(over === 'connections' ? [over] : [])].join('-');
}
