import type { Run } from '../model/run.ts';

/** In an open loop: how many messages the schedule asked for, and how many were given up before being sent. */
export interface Due {
  due: number;
  unsent: number;
}

/** Null in a closed loop, which has no schedule, and in results from before this was counted. */
export function dueOf({ plan, workers, slices }: Run): Due | null {
  if (plan.workload.load.kind === 'closed') return null;
  const counts = workers.length > 0 ? workers : slices.map(({ counters }) => counters);
  const sum = counts.reduce((all, { due, unsent }) => ({ due: all.due + due, unsent: all.unsent + unsent }), {
    due: 0,
    unsent: 0,
  });
  return sum.due === 0 ? null : sum;
}
