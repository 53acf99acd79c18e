import type { StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';

/**
 * Returns the mean time from the start of one run to the start of the next, in ms; 0 with fewer than two
 * runs. In a group of interleaved runs, only the first starts after the previous runs have ended.
 */
export function meanRunMs(done: readonly Run[]): number {
  const before = done.findLastIndex(({ plan }) => plan.turns === null || plan.turns.index === 0);
  const [first, last] = [done[0], done[before]];
  if (first === undefined || last === undefined || before === 0) return 0;
  return (Date.parse(last.startedAt) - Date.parse(first.startedAt)) / before;
}

/** Assumed time in ms for starting processes and opening connections; used until a run has been measured. */
export const STARTING_MS = 2000;

/**
 * Returns the expected duration of a run, in ms: the average so far or, if there is none yet, the duration
 * that its plan implies.
 */
export function expectedRunMs(done: readonly Run[], { warmupMs, durationMs }: StepPlan): number {
  return meanRunMs(done) || warmupMs + durationMs + STARTING_MS;
}
