import type { Run } from '../model/run.ts';

/**
 * How long a run takes in ms, on average, from its start to that of the next; 0 where there are fewer than two. Of
 * runs that took turns only the first began when the ones before had ended.
 */
export function meanRunMs(done: readonly Run[]): number {
  const before = done.findLastIndex(({ plan }) => plan.turns === null || plan.turns.index === 0);
  const [first, last] = [done[0], done[before]];
  if (first === undefined || last === undefined || before === 0) return 0;
  return (Date.parse(last.startedAt) - Date.parse(first.startedAt)) / before;
}
