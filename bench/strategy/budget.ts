import type { Run } from '../model/run.ts';

/**
 * Returns the average time from the start of one run to the start of the next, in ms; 0 with fewer than two
 * runs. Only the first of several interleaved runs starts after the previous ones have ended.
 */
export function meanRunMs(done: readonly Run[]): number {
  const before = done.findLastIndex(({ plan }) => plan.turns === null || plan.turns.index === 0);
  const [first, last] = [done[0], done[before]];
  if (first === undefined || last === undefined || before === 0) return 0;
  return (Date.parse(last.startedAt) - Date.parse(first.startedAt)) / before;
}
