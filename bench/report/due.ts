import type { Run } from '../model/run.ts';

/** Of an open loop: messages that its schedule asked for, and those of them that were given up before they were sent. */
export interface Due {
  due: number;
  unsent: number;
}

/** Null in a closed loop, which has no schedule, and in results from before it was counted. */
export function dueOf({ plan, workers, slices }: Run): Due | null {
  if (plan.workload.load.kind === 'closed') return null;
  const counts = workers.length > 0 ? workers : slices.map(({ counters }) => counters);
  const sum = counts.reduce((all, { due, unsent }) => ({ due: all.due + due, unsent: all.unsent + unsent }), {
    due: 0,
    unsent: 0,
  });
  return sum.due === 0 ? null : sum;
}
