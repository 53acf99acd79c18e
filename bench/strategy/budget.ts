import type { RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';

/**
 * The average time from the start of one run to that of the next, in ms; 0 with fewer than two runs. Of runs that
 * take turns, only the first starts after the previous ones have ended.
 */
export function meanRunMs(done: readonly Run[]): number {
  const before = done.findLastIndex(({ plan }) => plan.turns === null || plan.turns.index === 0);
  const [first, last] = [done[0], done[before]];
  if (first === undefined || last === undefined || before === 0) return 0;
  return (Date.parse(last.startedAt) - Date.parse(first.startedAt)) / before;
}

/** The assumed time to start processes and open connections, before runs have shown it. */
const STARTING_MS = 2000;

/** The expected time of a run, in ms: the average so far or, before that is known, what its plan says. */
export function expectedRunMs(done: readonly Run[], { warmupMs, durationMs }: RunPlan): number {
  return meanRunMs(done) || warmupMs + durationMs + STARTING_MS;
}
