import { knownFigures } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Finding } from '../model/finding.ts';
import { type Load, loadOf, ratePerSecondOf } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { finding } from '../wording/finding.ts';
import { expectedRunMs, meanRunMs } from './budget.ts';
import { comparedRun } from './compared-run.ts';
import { type ComparisonOptions, compareRuns } from './comparison.ts';
import { chooseRate } from './rate.ts';
import { makeSteps, type StepsOptions } from './steps.ts';

export interface RoundsOptions extends StepsOptions {
  /** Number of rounds; null for as many as fit into the time budget. */
  rounds: number | null;
  /** Time limit, measured from the start of the first run. A round that would end later is not started. */
  budgetMs: number | null;
  /** Seed for the order of variants within each round. */
  seed: number;
  /** Length of the measured phase of each run in a round, in ms. Default: the requested duration. */
  roundDurationMs?: number;
  /** Whether all variants can be set up at the same time, and therefore be interleaved. */
  together: boolean;
  pilotSteps: readonly Step[];
}

/**
 * Draws conclusions from the runs of all rounds. `asked` is null if a time budget determines the number of
 * rounds.
 */
export type Judge = (runs: readonly Run[], options: ComparisonOptions) => Conclusion[];

const compare: Judge = (runs, options) => [compareRuns(runs.map(comparedRun), options)];

/**
 * Pause at the end of a turn, in ms. A generator that spins to keep its schedule needs this time to wake up.
 */
export const PAUSE_MS = 5;
const ECHOES_A_TURN = 3;
const SHORTEST_TURN_MS = 250;
const LONGEST_TURN_MS = 2_000;

/** Maximum number of rounds if no number is requested, even if the time budget allows more. */
const MOST_ROUNDS = 1000;

/**
 * Determines whether the other variants are better than the first, by how much, and with what certainty. In
 * each step, every variant runs once per round, in a random order that changes every round. All runs of a
 * step are interleaved: they take turns several times a second, so other work on the machine affects all
 * sides equally. If the variants cannot all be set up at the same time, they run one after another.
 *
 * If no rate is given for the latency step, a pilot before the rounds determines it. The pilot runs both
 * steps of each variant once, and its runs are not compared.
 */
export function makeRounds(options: RoundsOptions, judge = compare): Strategy {
  const { variants, steps, seed, roundDurationMs } = options;
  const length = roundDurationMs === undefined ? {} : { durationMs: roundDurationMs };
  const [baseline = '', ...others] = variants;
  const hasPilot = needsPilot(options);
  const pilot = makeSteps({ ...options, steps: options.pilotSteps });

  function next(done: readonly Run[]): readonly RunSpec[] {
    const first = hasPilot ? pilot.next(pilotOf(done)) : [];
    if (first.length > 0) return first;
    const current = Math.max(1, lastRound(done));
    const isBegun = done.some(({ plan }) => plan.round === current);
    const left = specsOf(current, done).filter((spec) => !done.some(({ plan }) => isSame(plan, spec)));
    if (left.length > 0) return isBegun || fits(current, done) ? firstGroup(left, done) : [];
    return fits(current + 1, done) ? firstGroup(specsOf(current + 1, done), done) : [];
  }

  /** Selects the runs of the first step, to be interleaved; only the first run if they cannot be interleaved. */
  function firstGroup(specs: readonly RunSpec[], done: readonly Run[]): readonly RunSpec[] {
    const group = specs.filter(({ step }) => step === specs[0]?.step);
    if (!options.together || group.length < 2) return group.slice(0, 1);
    const { length: of } = group;
    const [{ step } = { step: '' }] = group;
    const lengthMs = turnMs(step, done);
    return group.map((spec, index) => ({
      ...spec,
      turns: { index, of, lengthMs, pauseMs: PAUSE_MS, mirrored: true },
    }));
  }

  /** Lists all runs of a round, in order; empty if there is nothing to compare. */
  function specsOf(round: number, done: readonly Run[]): RunSpec[] {
    const able = variants.filter((name) => whyLost(done, name) === null);
    if (!able.includes(baseline) || able.length < 2) return [];
    const order = roundOrder(variants, round, seed).filter((name) => able.includes(name));
    return steps.flatMap((step) => {
      const load = stepLoad(step, done);
      return load === undefined ? [] : order.map((variant) => ({ variant, step, round, load, ...length }));
    });
  }

  /** Returns a step's load; undefined if its rate is not known yet. */
  function stepLoad(step: RunSpec['step'], done: readonly Run[]): Load | null | undefined {
    const { load } = stepNamed(step);
    const ratePerSecond = options.load.ratePerSecond ?? rateOf(done)?.ratePerSecond ?? null;
    if (load === 'open' && ratePerSecond === null) return undefined;
    return loadOf(load, options.load, ratePerSecond ?? 0);
  }

  /**
   * Returns the rate of the open-loop step. The pilot estimates it from the closed loop. If the pilot's own open-loop
   * runs show that this estimate is too high, a lower rate is used.
   */
  function rateOf(done: readonly Run[]): Extract<Conclusion, { kind: 'rate' }> | null {
    const runs = hasPilot ? pilotOf(done) : [];
    const derived = pilot.conclude(runs).find((conclusion) => conclusion.kind === 'rate');
    if (derived === undefined) return null;
    const atRate = runs.filter(
      ({ plan, outcome }) =>
        outcome.state === 'completed' && ratePerSecondOf(plan.workload.load) === derived.ratePerSecond,
    );
    const step = atRate[0]?.plan.step ?? '';
    const measured = chooseRate(atRate, (variant) => options.planOf({ variant, step }));
    if (measured === null || measured.perSecond >= derived.ratePerSecond) return derived;
    const reason = finding('rate-chosen', { ...measured.demand, step });
    return { ...derived, ratePerSecond: measured.perSecond, reason };
  }

  /** Reports whether the round would fit into the time budget, based on the average duration of the runs so far. */
  function fits(round: number, done: readonly Run[]): boolean {
    if (round > (options.rounds ?? MOST_ROUNDS)) return false;
    if (options.budgetMs === null) return true;
    const runMs = meanRunMs(done);
    return (done.length + specsOf(round, done).length) * runMs <= options.budgetMs;
  }

  function runMs(done: readonly Run[]): number {
    const [step] = steps;
    return step === undefined
      ? 0
      : expectedRunMs(done, options.planOf({ variant: baseline, step, ...length }));
  }

  function expectedRuns(done: readonly Run[]): number {
    const before = hasPilot ? pilot.expectedRuns(pilotOf(done)) : 0;
    const able = variants.filter((name) => whyLost(done, name) === null).length;
    const eachRound = able * steps.length;
    const fitting =
      options.budgetMs === null
        ? MOST_ROUNDS
        : Math.max(1, Math.floor((options.budgetMs / runMs(done) - before) / eachRound));
    return before + Math.max(lastRound(done), Math.min(options.rounds ?? MOST_ROUNDS, fitting)) * eachRound;
  }

  return {
    next,
    expectedRuns,
    conclude(done) {
      const rate = hasPilot ? rateOf(done) : null;
      return [
        ...(rate === null ? [] : [rate]),
        ...variants.flatMap((variant): Conclusion[] => {
          const reason = whyLost(done, variant);
          return reason === null ? [] : [{ kind: 'left-out', variant, reason }];
        }),
        ...judge(done, { baseline, variants: others, asked: options.rounds, seed }),
      ];
    },
  };
}

/** Reports whether a pilot has to determine the rate of the latency step. */
export function needsPilot({ steps, load }: Pick<RoundsOptions, 'steps' | 'load'>): boolean {
  return steps.some((step) => stepNamed(step).load === 'open') && load.ratePerSecond === null;
}

/**
 * Determines the length of a turn in a step, in ms: as short as possible, but long enough for several echo round trips
 * of every variant. It is based on each variant's first run of the step. Until these runs have finished, it is the
 * minimum length.
 */
function turnMs(step: Step, done: readonly Run[]): number {
  const first = new Map(
    done
      .filter(({ plan, outcome }) => plan.step === step && outcome.state === 'completed')
      .toReversed()
      .map((run) => [run.plan.variant, run]),
  );
  const longestUs = [...first.values()].map((run) => {
    const { latencies, latencyName } = knownFigures(run);
    return latencies[latencyName]?.p99 ?? 0;
  });
  const wanted = Math.ceil((Math.max(0, ...longestUs) * ECHOES_A_TURN) / 1e4) * 10;
  return Math.min(LONGEST_TURN_MS, Math.max(SHORTEST_TURN_MS, wanted));
}

/** Returns the number of the last round that was begun; 0 if none was. */
function lastRound(done: readonly Run[]): number {
  return Math.max(0, ...done.map(({ plan }) => plan.round ?? 0));
}

function pilotOf(done: readonly Run[]): Run[] {
  return done.filter(({ plan }) => plan.round === null);
}

function isSame(plan: Run['plan'], { variant, step, round }: RunSpec): boolean {
  return plan.variant === variant && plan.step === step && plan.round === round;
}

/**
 * Returns why to give up on a variant: it has had two runs, and none of them finished. Null if there is no such
 * reason.
 */
function whyLost(done: readonly Run[], variant: string): Finding | null {
  const own = done.filter(({ plan }) => plan.variant === variant);
  const ends = own.flatMap(({ outcome }) => (outcome.state === 'completed' ? [] : [outcome]));
  const last = ends.at(-1);
  if (last === undefined || own.length < 2 || ends.length < own.length) return null;
  return finding('run-ended', { state: last.state, reason: last.reason });
}
