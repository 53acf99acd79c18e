import type { Run } from '../model/run.ts';
import { expectationOf } from '../model/target.ts';
import type { Work } from '../model/work.ts';
import { scenarioNamed } from '../scenarios/registry.ts';

/** Names of the counter of completed work and of the gauge of work in progress. */
export const WORK_NAMES: Readonly<Record<Work, { done: string; outstanding: string }>> = {
  messages: { done: 'echoed', outstanding: 'outstanding' },
  sends: { done: 'sent', outstanding: 'outstanding' },
  handshakes: { done: 'opened', outstanding: 'pending' },
};

/** Returns the kind of work to which a run's throughput, CPU time and schedule refer. */
export function workOf({ plan }: Pick<Run, 'plan'>): Work {
  if (expectationOf(plan.target) === 'none') return 'sends';
  return scenarioNamed(plan.workload.scenario).work ?? 'messages';
}
