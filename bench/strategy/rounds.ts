import { figuresOf } from '../measure/figures.ts';
import type { RunFacts } from '../metrics/metric.ts';
import { factsOf } from '../metrics/metrics.ts';
import type { Conclusion } from '../model/conclusion.ts';
import { type Finding, stored } from '../model/finding.ts';
import { type Load, loadOf } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { finding } from '../wording/finding.ts';
import { expectedRunMs, meanRunMs } from './budget.ts';
import { type ComparisonOptions, compareRuns } from './comparison.ts';
import { remembered } from './remembered.ts';
import { makeSteps, type StepsOptions } from './steps.ts';

export interface RoundsOptions extends StepsOptions {
  /** Null for as many as fit into the budget. */
  rounds: number | null;
  /** No round starts if it would end later than this after the first run started. */
  budgetMs: number | null;
  /** Of the order within each round. */
  seed: number;
  /** Whether all variants can be set up at once and therefore take turns. */
  together: boolean;
  /** The steps of the pilot. */
  pilotSteps: readonly Step[];
}

/** What follows from the runs of the rounds; `asked` is null where a budget decides how many there are. */
export type Judge = (runs: readonly RunFacts[], options: ComparisonOptions) => Conclusion[];

const compare: Judge = (runs, options) => [compareRuns(runs, options)];

/** The pause at the end of a turn. A generator that spins to keep its schedule needs it to wake up. */
const PAUSE_MS = 5;
const ECHOES_A_TURN = 8;
const SHORTEST_TURN_MS = 250;
const LONGEST_TURN_MS = 2_000;

/** The limit if neither rounds nor budget set one. */
const MOST_ROUNDS = 1000;

/**
 * Is another variant better than the first, by how much, and how certain is that? Every variant runs once per round
 * in each step, in an order drawn for the round. All runs of a step take turns several times a second, so that
 * other work on the machine affects all sides equally. If they cannot all be set up at once, they run one after the
 * other.
 *
 * If no rate is given for the latency step, a pilot before the rounds (both steps of each variant once) determines
 * it. The pilot does not count.
 */
export function makeRounds(options: RoundsOptions, judge = compare): Strategy {
  const { variants, steps, seed } = options;
  const [baseline = '', ...others] = variants;
  const hasPilot = steps.some((step) => stepNamed(step).load === 'open') && options.ratePerSecond === null;
  const pilot = makeSteps({ ...options, steps: options.pilotSteps });
  const comparedRun = remembered((run: Run) => factsOf(run, figuresOf(run)));

  function next(done: readonly Run[]): readonly RunSpec[] {
    const first = hasPilot ? pilot.next(pilotOf(done)) : [];
    if (first.length > 0) return first;
    const current = Math.max(1, ...done.map(({ plan }) => plan.round ?? 0));
    const isBegun = done.some(({ plan }) => plan.round === current);
    const left = specsOf(current, done).filter((spec) => !done.some(({ plan }) => isSame(plan, spec)));
    if (left.length > 0) return isBegun || fits(current, done) ? firstGroup(left, done) : [];
    return fits(current + 1, done) ? firstGroup(specsOf(current + 1, done), done) : [];
  }

  /** The runs of the first step, which take turns. */
  function firstGroup(specs: readonly RunSpec[], done: readonly Run[]): readonly RunSpec[] {
    const group = specs.filter(({ step }) => step === specs[0]?.step);
    if (!options.together || group.length < 2) return group.slice(0, 1);
    const { length: of } = group;
    const lengthMs = turnMs(done);
    return group.map((spec, index) => ({ ...spec, turns: { index, of, lengthMs, pauseMs: PAUSE_MS } }));
  }

  /** All runs of a round, in order; empty if there is nothing to compare. */
  function specsOf(round: number, done: readonly Run[]): RunSpec[] {
    const able = variants.filter((name) => !isLost(done, name));
    if (!able.includes(baseline) || able.length < 2) return [];
    const order = roundOrder(variants, round, seed).filter((name) => able.includes(name));
    return steps.flatMap((step) => {
      const load = stepLoad(step, done);
      return load === undefined ? [] : order.map((variant) => ({ variant, step, round, load }));
    });
  }

  /** Undefined where its rate cannot be known. */
  function stepLoad(step: RunSpec['step'], done: readonly Run[]): Load | null | undefined {
    const { load } = stepNamed(step);
    const ratePerSecond = options.ratePerSecond ?? rateOf(done)?.ratePerSecond ?? null;
    if (load === 'open' && ratePerSecond === null) return undefined;
    const { inFlight, arrivals } = options;
    return loadOf(load, { inFlight, ratePerSecond: ratePerSecond ?? 0, arrivals });
  }

  function rateOf(done: readonly Run[]): Extract<Conclusion, { kind: 'rate' }> | null {
    return pilot.conclude(pilotOf(done)).find((conclusion) => conclusion.kind === 'rate') ?? null;
  }

  /** Whether the round would end in time, judging by the average run so far. */
  function fits(round: number, done: readonly Run[]): boolean {
    if (round > (options.rounds ?? MOST_ROUNDS)) return false;
    if (options.budgetMs === null) return true;
    const runMs = meanRunMs(done);
    return (done.length + specsOf(round, done).length) * runMs <= options.budgetMs;
  }

  function runMs(done: readonly Run[]): number {
    const load: Load = { kind: 'closed', inFlight: options.inFlight };
    return expectedRunMs(
      done,
      options.planOf({ variant: baseline, step: steps[0] ?? 'throughput', round: null, load }),
    );
  }

  function expectedRuns(done: readonly Run[]): number {
    const before = hasPilot ? pilot.expectedRuns(pilotOf(done)) : 0;
    const able = variants.filter((name) => !isLost(done, name)).length;
    const eachRound = able * steps.length;
    const fitting =
      options.budgetMs === null
        ? MOST_ROUNDS
        : Math.max(1, Math.floor((options.budgetMs / runMs(done) - before) / eachRound));
    const begun = Math.max(0, ...done.map(({ plan }) => plan.round ?? 0));
    return before + Math.max(begun, Math.min(options.rounds ?? MOST_ROUNDS, fitting)) * eachRound;
  }

  return {
    next,
    expectedRuns,
    conclude(done) {
      const rate = hasPilot ? pilot.conclude(pilotOf(done)) : [];
      const lost = variants.filter((name) => isLost(done, name));
      return [
        ...rate.filter(({ kind }) => kind === 'rate'),
        ...lost.map((variant): Conclusion => ({ kind: 'left-out', variant, reason: whyLost(done, variant) })),
        ...judge(done.map(comparedRun), { baseline, variants: others, asked: options.rounds, seed }),
      ];
    },
  };
}

/**
 * The length of a turn: as short as possible, but long enough for an echo of any variant in a closed loop to come
 * back several times within one. Based on the first run of each variant; before that, the shortest length.
 */
function turnMs(done: readonly Run[]): number {
  const first = new Map(
    done
      .filter(isClosedLoop)
      .toReversed()
      .map((run) => [run.plan.variant, run]),
  );
  const longestUs = [...first.values()].map((run) => figuresOf(run).latencies.service?.p99 ?? 0);
  const wanted = Math.ceil((Math.max(0, ...longestUs) * ECHOES_A_TURN) / 1e4) * 10;
  return Math.min(LONGEST_TURN_MS, Math.max(SHORTEST_TURN_MS, wanted));
}

function isClosedLoop({ plan, outcome }: Run): boolean {
  return plan.workload.load?.kind === 'closed' && outcome.state === 'completed';
}

function pilotOf(done: readonly Run[]): Run[] {
  return done.filter(({ plan }) => plan.round === null);
}

function isSame(plan: Run['plan'], { variant, step, round }: RunSpec): boolean {
  return plan.variant === variant && plan.step === step && plan.round === round;
}

/** Gives up on a variant after two runs if none of its runs has finished. */
function isLost(done: readonly Run[], variant: string): boolean {
  const own = done.filter(({ plan }) => plan.variant === variant);
  return own.length >= 2 && own.every(({ outcome }) => outcome.state !== 'completed');
}

function whyLost(done: readonly Run[], variant: string): Finding {
  const last = done.findLast(({ plan }) => plan.variant === variant)?.outcome;
  return last === undefined || last.state === 'completed'
    ? stored('')
    : finding('run-ended', { state: last.state, reason: last.reason });
}
