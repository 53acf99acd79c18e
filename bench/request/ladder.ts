import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import { LADDER_AXES, type LadderAxis } from '../model/ladder.ts';
import type { Load } from '../model/load.ts';
import { PROXY } from '../model/proxy.ts';
import type { Work } from '../model/work.ts';
import type { ScenarioDefinition, StepDefinition } from '../scenarios/definition.ts';
import { agentCount } from './agents.ts';
import type { Command } from './command.ts';
import { last, number, oneOf } from './given.ts';
import type { GivenOptions, Options } from './options.ts';
import { PROCESSES } from './processes.ts';
import {
  CONNECTIONS,
  checkOneVariant,
  checkThresholds,
  hasProxy,
  PAYLOAD,
  PER_SECOND,
  type RunRequest,
  requestOf,
  variantsOf,
} from './run.ts';
import { optionsOfItsRuns, refusedTarget } from './run-options.ts';
import { LOAD_OPTIONS, namedSteps, scenarioOf } from './scenario.ts';
import { formatNumber, parseBytes, parseCount, parseNumber, quoted } from './units.ts';

/** The request of `ladder`. */
export interface LadderRequest {
  /** The request for each run. It has one variant and one step, and as many connections as the smallest run. */
  run: RunRequest;
  step: StepDefinition;
  over: LadderAxis;
  /** Levels in ascending order, without duplicates. */
  levels: readonly number[];
  /** Whether the levels are the default ones. Default levels that the machine cannot hold are left out. */
  isDefault: boolean;
  rounds: number;
}

/** Short runs: two rounds of seven levels should take about a minute. */
const DURATION_MS = 2000;
const WARMUP_MS = 1000;

/** A fit needs six levels; the default ladders have at least that many. */
const LEVELS: Record<LadderAxis, readonly number[]> = {
  connections: [1, 4, 16, 64, 256, 1024, 4096],
  rate: [250, 500, 1000, 2000, 4000, 8000],
  payload: [64, 256, 1024, 4096, 16_384, 65_536, 262_144],
  'nginx-workers': [1, 2, 3, 4, 6, 8],
};
const FEWEST_LEVELS = 2;
/** More levels would add time but hardly any information. */
const MOST_LEVELS = 12;

/** Number of connections that keeps Nginx busy in a closed loop. */
const CONNECTIONS_HELD = 100;

/**
 * Rate of a step with a schedule, in messages or handshakes per second, if neither the user nor the scenario
 * sets one: as high as a machine with two CPUs can handle at every default level. In a closed loop, the
 * generator would be the limit on such a machine.
 */
const RATE: Record<Work, number> = { messages: 1000, sends: 1000, handshakes: 100 };
const RATE_OVER_PAYLOAD = 200;

const LADDER_OPTIONS = {
  over: { value: LADDER_AXES.join('|'), help: 'What to increase [connections]' },
  points: {
    value: 'N,N,…',
    help: 'Levels, such as 1,10,100 or 64,1k,16k [six or more, chosen automatically]',
  },
  rounds: { value: 'N', help: 'Number of runs at each level [2]' },
} as const satisfies Options;

/** Options of `run` that make no sense or take a different form in a ladder. */
const ABSENT = {
  baseline: 'run it again with --profile direct',
  ...refusedTarget('it starts the variant that it puts under load'),
  'no-http': 'it sends no HTTP requests',
};

/** Help texts that differ from those of `run`. */
const HELP: Readonly<Record<string, string>> = {
  profile: 'Variant: tls, tls+buf-16k',
  server: 'Echo server [lean]',
  scenario: 'Scenario to repeat [echo]; see docs/scenarios.md',
  connections: `WebSocket connections [${CONNECTIONS_HELD}]`,
  steps: 'Step to repeat [the one with a schedule, if any]',
  duration: 'Duration of the measured phase per run [2s]',
  warmup: 'Warm-up before the measured phase [1s]',
  rate: 'Messages/s in total, on a schedule [1000; --over payload: 200]',
  threshold: `Exit with 99 unless each run meets a condition like 'service.p99<50ms'`,
};

export const ladderCommand = {
  operands: '',
  help: 'How does performance scale with connections, rate or message size?',
  absent: ABSENT,
  options: { 'The ladder': LADDER_OPTIONS, ...optionsOfItsRuns(Object.keys(ABSENT), HELP) },
  parse: (given) => ({ command: 'ladder', ladder: ladderRequest(given) }),
} as const satisfies Command<{ command: 'ladder'; ladder: LadderRequest }>;

/** Parses the options of `ladder`; throws a `usage` Problem if they are invalid. */
function ladderRequest(given: GivenOptions): LadderRequest {
  const over = oneOf(given, 'over', LADDER_AXES) ?? 'connections';
  const { scenario, scenarioOptions } = scenarioOf(given);
  const variants = variantsOf(given);
  checkAxis(given, over, scenario);
  const step = stepOf(given, scenario, over);
  const levels = levelsOf(given, over);
  const connections = over === 'connections' ? Math.min(...levels) : CONNECTIONS_HELD;
  const isPaced = step.load === 'open' && over !== 'rate';
  const rate = over === 'payload' ? RATE_OVER_PAYLOAD : RATE[scenario.work ?? 'messages'];
  const defaults: [name: string, value: number][] = [
    ['connections', connections],
    ...(isPaced && scenario.defaultRate(connections, scenarioOptions) === null
      ? [['rate', rate] satisfies [string, number]]
      : []),
  ];
  const complete: GivenOptions = new Map([
    ...defaults.map(([name, value]) => [name, [String(value)]] as const),
    ...given,
  ]);
  const what = { variants, steps: [step.name], warmupMs: WARMUP_MS, durationMs: DURATION_MS };
  const run = requestOf(complete, what);
  checkVariant(run, over);
  checkThresholds({ ...run, http: false });
  return {
    run: { ...run, http: false, server: run.server ?? 'lean', name: run.name ?? nameOf(run, over) },
    step,
    over,
    levels,
    isDefault: !given.has('points'),
    rounds: number(given, 'rounds', { min: 1, max: 100 }) ?? 2,
  };
}

function checkVariant(run: RunRequest, over: LadderAxis): void {
  checkOneVariant('ladder', run);
  if (over === 'nginx-workers' && !hasProxy(run)) {
    throw new Problem(
      'usage',
      `--over nginx-workers needs ${PROXY}, but direct has none. Name another variant.`,
    );
  }
}

/**
 * @throws Problem('usage') if the scenario lacks the quantity to be varied, or if that quantity is also set
 * to a fixed value
 */
function checkAxis(given: GivenOptions, over: LadderAxis, scenario: ScenarioDefinition): void {
  const lacks = (axis: LadderAxis) =>
    scenario.excluded.includes(axis) ||
    (axis === 'rate' && !scenario.steps.some(({ load }) => load === 'open'));
  if (lacks(over)) {
    const others = LADDER_AXES.filter((axis) => !lacks(axis));
    throw new Problem(
      'usage',
      `--over ${over} does not apply to the scenario ${scenario.name}. Use --over ${others.join(' or ')}.`,
    );
  }
  if (given.has(over)) {
    throw new Problem(
      'usage',
      `--${over} and --over ${over} contradict each other: the ladder sets --${over} itself. Use --points to choose the levels.`,
    );
  }
}

/** Returns the only step of the ladder. */
function stepOf(given: GivenOptions, scenario: ScenarioDefinition, over: LadderAxis): StepDefinition {
  const named = namedSteps(given, scenario);
  if (named !== null && named.length > 1) {
    throw new Problem(
      'usage',
      `The ladder command repeats only one kind of step. Use --steps ${named.join(' or --steps ')}.`,
    );
  }
  const load: Load['kind'] | null =
    over === 'rate' || given.has('rate') ? 'open' : given.has('in-flight') ? 'closed' : null;
  const fitting = scenario.steps.filter((step) => load === null || step.load === load);
  const possible = fitting.filter(({ name }) => named === null || named.includes(name));
  const step = possible.find((each) => each.load === 'open') ?? possible[0];
  if (step === undefined) {
    const option = over === 'rate' ? '--over rate' : given.has('rate') ? '--rate' : '--in-flight';
    throw new Problem(
      'usage',
      `${option} only applies to the ${fitting[0]?.name ?? load} step. Leave --steps out, or name that step.`,
    );
  }
  const stray = Object.entries(LOAD_OPTIONS).find(
    ([option, kind]) => given.has(option) && kind !== step.load,
  );
  if (stray === undefined) return step;
  throw new Problem(
    'usage',
    `--${stray[0]} does not apply to the ${step.name} step, which this ladder repeats. Leave the option out.`,
  );
}

function levelsOf(given: GivenOptions, over: LadderAxis): number[] {
  const text = last(given, 'points');
  // Each agent needs at least one connection.
  const least = over === 'connections' ? agentCount(given) : 0;
  if (text === null) return LEVELS[over].filter((level) => level >= least);
  const levels = text.split(',').map((each) => parseLevel(each, over));
  const distinct = [...new Set(levels)].sort((a, b) => a - b);
  if (distinct.length >= FEWEST_LEVELS && distinct.length <= MOST_LEVELS) return distinct;
  throw new Problem(
    'usage',
    `--points ${quoted(text)} has ${formatNumber(distinct.length)} distinct ${distinct.length === 1 ? 'level' : 'levels'}. A ladder has from ${FEWEST_LEVELS} to ${MOST_LEVELS} levels, and a fit needs at least six.`,
  );
}

function parseLevel(text: string, over: LadderAxis): number {
  switch (over) {
    case 'connections':
      return parseCount('--points', text, CONNECTIONS);
    case 'rate':
      return parseNumber('--points', text, PER_SECOND);
    case 'payload':
      return parseBytes('--points', text, { ...PAYLOAD, min: 1 });
    case 'nginx-workers':
      return parseCount('--points', text, PROCESSES);
  }
}

function nameOf({ variants, configurations, scenario }: RunRequest, over: LadderAxis): string {
  const names = [...variants, ...configurations.map((path) => basename(path))];
  return ['ladder', ...names, scenario.name, over].join('-');
}
