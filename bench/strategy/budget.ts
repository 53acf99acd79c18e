import type { Run } from '../model/run.ts';

/** From the start of a run to the start of the next in ms, on average; 0 where there are fewer than two. */
export function meanRunMs(done: readonly Run[]): number {
  const starts = done.map(({ startedAt }) => Date.parse(startedAt));
  const [first, last] = [starts[0], starts.at(-1)];
  return first === undefined || last === undefined || done.length < 2
    ? 0
    : (last - first) / (done.length - 1);
}
