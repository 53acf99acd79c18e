import { knownFigures } from '../measure/figures.ts';
import { remembered } from '../measure/remembered.ts';
import type { Axis, CapacitySearch, Trial } from '../model/capacity.ts';
import type { Condition } from '../model/condition.ts';
import type { Finding } from '../model/finding.ts';
import { type LoadOptions, loadOf, ratePerSecondOf } from '../model/load.ts';
import type { Step, StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, StepOfVariant, Strategy } from '../model/strategy.ts';
import { finding } from '../wording/finding.ts';
import { expectedRunMs } from './budget.ts';
import { PRECISION, type SearchSpace, type SearchState, searchState } from './capacity-search.ts';
import { trialOf } from './capacity-trial.ts';
import { chooseRate, roundDown } from './rate.ts';

export interface CapacityOptions {
  variant: string;
  axis: Axis;
  objectives: readonly Condition[];
  /** The closed-loop step that yields the first level, and the open-loop step of the trials. */
  steps: { start: Step; trial: Step };
  load: LoadOptions;
  /** The first level to try; null to derive it from a run of the closed-loop step. */
  start: number | null;
  least: number;
  most: number;
  /** Reason why no level above `most` is tried. */
  mostReason: Finding;
  /** Time limit, measured from the start of the first run. A run that would end later is not started. */
  budgetMs: number | null;
  /** Returns the part of the plan that all trials share. The function is pure. */
  planOf(of: StepOfVariant): StepPlan;
}

/** Safety limit. Even a search misled by noise ends after far fewer trials. */
const MOST_TRIALS = 60;
/** The search is abandoned after this many trials if none of them finished. */
const FAILURES = 2;

/**
 * Searches for the highest level that meets the objectives. Each run is an open loop at one level, and the
 * next level depends on all earlier runs.
 */
export function makeCapacity(options: CapacityOptions): Strategy {
  const { variant, axis, objectives, least, most, budgetMs } = options;
  const trialStep = { variant, step: options.steps.trial };
  const trial = remembered((run: Run) => trialOf(run, levelOf(run, axis), objectives));

  function nextRun(done: readonly Run[]): RunSpec | null {
    if (isGivenUp(done) || !fits(done)) return null;
    if (options.start === null && startingRun(done) === undefined)
      return { variant, step: options.steps.start, round: null, load: loadOf('closed', options.load, 0) };
    const level = stateOf(done)?.next ?? null;
    return level === null ? null : specOf(level);
  }

  function specOf(level: number): RunSpec {
    const spec = { ...trialStep, round: null, load: loadOf('open', options.load, rateAt(axis, level)) };
    return { ...spec, ...connectionsAt(level) };
  }

  function connectionsAt(level: number): Pick<RunSpec, 'connections'> {
    return axis.over === 'rate' ? {} : { connections: level };
  }

  function trialsOf(done: readonly Run[]): Trial[] {
    return done.filter(isTrial).map(trial);
  }

  /** Computes the state of the search; null if there is no starting level. */
  function stateOf(done: readonly Run[]): SearchState | null {
    const start =
      options.start ?? startOf(startingRun(done), options.planOf({ ...trialStep, ...connectionsAt(least) }));
    if (start === null) return null;
    const space: SearchSpace = {
      start: Math.min(most, Math.max(least, start)),
      least,
      most,
      isWhole: axis.over === 'connections',
    };
    return searchState(trialsOf(done), space);
  }

  function fits(done: readonly Run[]): boolean {
    if (done.filter(isTrial).length >= MOST_TRIALS) return false;
    return done.length < affordableRuns(done);
  }

  /** Returns how many runs fit into the time budget. */
  function affordableRuns(done: readonly Run[]): number {
    if (budgetMs === null) return Infinity;
    return Math.floor(
      budgetMs / expectedRunMs(done, options.planOf({ ...trialStep, ...connectionsAt(least) })),
    );
  }

  return {
    next(done) {
      const spec = nextRun(done);
      return spec === null ? [] : [spec];
    },
    expectedRuns(done) {
      if (nextRun(done) === null) return done.length;
      return Math.min(done.length + runsLeft(stateOf(done)), affordableRuns(done));
    },
    conclude(done) {
      const trials = trialsOf(done);
      const state = done.filter(isTrial).some(isCompleted) ? stateOf(done) : null;
      const [low, high] = [state?.low ?? null, state?.high ?? null];
      const known =
        low === null && high === null
          ? { bound: 'unknown' as const, limit: whyUnknown(done) }
          : boundOf(low, high, trials, options);
      const finished = state !== null && state.next === null;
      return [
        {
          kind: 'capacity',
          variant,
          axis,
          objectives: [...objectives],
          interval: [low, high],
          ...known,
          finished,
          trials,
        },
      ];
    },
  };
}

/** Determines whether the capacity is between two levels, below a level, at or above a level, or unknown. */
function boundOf(
  low: number | null,
  high: number | null,
  trials: readonly Trial[],
  { most, mostReason }: CapacityOptions,
): Pick<CapacitySearch, 'bound' | 'limit'> {
  const missed = trials.filter(({ level, met }) => level === high && !met);
  const doubts = missed.flatMap(({ elsewhere }) => elsewhere ?? []);
  const limit = doubts.length * 2 > missed.length ? (doubts.at(-1) ?? null) : null;
  if (low === null) return { bound: limit === null ? 'below' : 'unknown', limit };
  if (high === null) return { bound: 'at-least', limit: low >= most ? mostReason : null };
  return { bound: limit === null ? 'between' : 'at-least', limit };
}

/**
 * Reports whether a run counts as a trial. An aborted run does not, because it provides no information. A
 * failed run counts, as a miss.
 */
function isTrial({ plan, outcome }: Run): boolean {
  return plan.workload.load?.kind === 'open' && outcome.state !== 'aborted';
}

function isCompleted({ outcome }: Run): boolean {
  return outcome.state === 'completed';
}

function isGivenUp(done: readonly Run[]): boolean {
  const trials = done.filter(isTrial);
  return trials.length >= FAILURES && !trials.some(isCompleted);
}

function whyUnknown(done: readonly Run[]): Finding | null {
  const last = done.at(-1);
  if (last === undefined) return null;
  const { outcome } = last;
  if (outcome.state !== 'completed')
    return finding('run-ended', { state: outcome.state, reason: outcome.reason });
  return knownFigures(last).steady.echoed === 0 ? finding('step-without-echo', {}) : null;
}

function rateAt(axis: Axis, level: number): number {
  if (axis.over === 'rate') return level;
  return axis.per === 'connection' ? axis.ratePerSecond * level : axis.ratePerSecond;
}

function levelOf({ plan }: Run, { over }: Axis): number {
  return (over === 'rate' ? ratePerSecondOf(plan.workload.load) : null) ?? plan.connections;
}

function startingRun(done: readonly Run[]): Run | undefined {
  return done.find(({ plan }) => plan.workload.load?.kind === 'closed');
}

/**
 * If CPU per message is unknown, the search starts at this share of the closed-loop throughput: a rate that
 * most systems can sustain.
 */
const START_SHARE = 0.25;

function startOf(run: Run | undefined, plan: StepPlan): number | null {
  if (run === undefined || !isCompleted(run)) return null;
  const { steady, messages } = knownFigures(run);
  if (steady.echoed === 0) return null;
  return chooseRate([run], () => plan)?.perSecond ?? roundDown((messages.perSecond ?? 1) * START_SHARE);
}

/**
 * Estimates the number of remaining runs. Doublings are ignored; bisections and one repeat at each bound are
 * counted.
 */
function runsLeft(state: SearchState | null): number {
  const { low, high } = state ?? { low: null, high: null };
  const ratio = low === null || high === null ? FIRST_RATIO : high / low;
  const halvings = Math.max(0, Math.ceil(Math.log2(Math.log(ratio) / Math.log(PRECISION))));
  return halvings + 2 + (low === null || high === null ? 1 : 0);
}

const FIRST_RATIO = 2;
