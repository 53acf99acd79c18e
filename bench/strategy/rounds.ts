import type { Conclusion } from '../model/conclusion.ts';
import type { Load } from '../model/load.ts';
import { STEPS } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { meanRunMs } from './budget.ts';
import { compareRuns } from './comparison.ts';
import { comparedRunOf } from './figures.ts';
import { remembered } from './remembered.ts';
import { makeSteps, type StepsOptions } from './steps.ts';

export interface RoundsOptions extends StepsOptions {
  /** Null: as many as fit into the budget. */
  rounds: number | null;
  /** No round is begun that would end later than this after the first run. */
  budgetMs: number | null;
  /** Of the order within each round. */
  seed: number;
}

/** Where neither rounds nor budget end it. */
const MOST_ROUNDS = 1000;

/**
 * Is another variant better than the first, by how much, and how sure is that? Every variant runs once a round
 * in each step, in an order drawn for the round, all of a step one after the other: what is compared runs
 * within seconds, and drift of the machine takes all sides alike. Where the rate of the step `latency` is not
 * named, a pilot before the rounds (both steps of each variant once) finds it; it does not count.
 */
export function makeRounds(options: RoundsOptions): Strategy {
  const { variants, steps, seed } = options;
  const [baseline = '', ...others] = variants;
  const hasPilot = steps.includes('latency') && options.ratePerSecond === null;
  const pilot = makeSteps({ ...options, steps: STEPS });
  const comparedRun = remembered(comparedRunOf);

  function next(done: readonly Run[]): RunSpec | null {
    const first = hasPilot ? pilot.next(pilotOf(done)) : null;
    if (first !== null) return first;
    const current = Math.max(1, ...done.map(({ plan }) => plan.round ?? 0));
    const isBegun = done.some(({ plan }) => plan.round === current);
    const left = specsOf(current, done).find((spec) => !done.some(({ plan }) => isSame(plan, spec)));
    if (left !== undefined) return isBegun || fits(current, done) ? left : null;
    return fits(current + 1, done) ? (specsOf(current + 1, done)[0] ?? null) : null;
  }

  /** All runs of a round, in order; none where there is nothing to compare. */
  function specsOf(round: number, done: readonly Run[]): RunSpec[] {
    const able = variants.filter((name) => !isLost(done, name));
    if (!able.includes(baseline) || able.length < 2) return [];
    const order = roundOrder(variants, round, seed).filter((name) => able.includes(name));
    return steps.flatMap((step) => {
      const load = loadOf(step, done);
      return load === null ? [] : order.map((variant) => ({ variant, step, round, load }));
    });
  }

  function loadOf(step: RunSpec['step'], done: readonly Run[]): Load | null {
    if (step === 'throughput') return { kind: 'closed', inFlight: options.inFlight };
    const ratePerSecond = options.ratePerSecond ?? rateOf(done)?.ratePerSecond ?? null;
    return ratePerSecond === null ? null : { kind: 'open', ratePerSecond, arrivals: options.arrivals };
  }

  function rateOf(done: readonly Run[]): Extract<Conclusion, { kind: 'rate' }> | null {
    return pilot.conclude(pilotOf(done)).find((conclusion) => conclusion.kind === 'rate') ?? null;
  }

  /** Whether the round would be over in time, going by how long a run has taken so far. */
  function fits(round: number, done: readonly Run[]): boolean {
    if (round > (options.rounds ?? MOST_ROUNDS)) return false;
    if (options.budgetMs === null) return true;
    const runMs = meanRunMs(done);
    return (done.length + specsOf(round, done).length) * runMs <= options.budgetMs;
  }

  function expectedRuns(done: readonly Run[]): number {
    const before = hasPilot ? pilot.expectedRuns(pilotOf(done)) : 0;
    const able = variants.filter((name) => !isLost(done, name)).length;
    const eachRound = able * steps.length;
    const runMs = meanRunMs(done);
    const fitting =
      options.budgetMs === null || runMs === 0
        ? MOST_ROUNDS
        : Math.floor((options.budgetMs / runMs - before) / eachRound);
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
        compareRuns(done.map(comparedRun), { baseline, variants: others, asked: options.rounds, seed }),
      ];
    },
  };
}

function pilotOf(done: readonly Run[]): Run[] {
  return done.filter(({ plan }) => plan.round === null);
}

function isSame(plan: Run['plan'], { variant, step, round }: RunSpec): boolean {
  return plan.variant === variant && plan.step === step && plan.round === round;
}

/** Two runs that did not come to their end, and none that did: there is no sense in a third. */
function isLost(done: readonly Run[], variant: string): boolean {
  const own = done.filter(({ plan }) => plan.variant === variant);
  return own.length >= 2 && own.every(({ outcome }) => outcome.state !== 'completed');
}

function whyLost(done: readonly Run[], variant: string): string {
  const last = done.findLast(({ plan }) => plan.variant === variant)?.outcome;
  return last === undefined || last.state === 'completed' ? '' : `Its runs ${last.state}: ${last.reason}`;
}
