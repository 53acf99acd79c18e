import type { Run } from '../model/run.ts';
import { isNginxWorker, type ProcessFigures } from './processes.ts';

/** Messages a second that one core of Nginx's workers carries. */
export interface Capacity {
  perSecond: number;
  /** `at-least`: something else was the limit, and CPU per message falls as a loop fills up. */
  bound: 'measured' | 'at-least';
}

/**
 * Messages per second ÷ the share of a core that the workers used: what they would carry if nothing else were in
 * the way. Null in an open loop that Nginx keeps up with: at a fraction of what it carries a message costs a
 * multiple, and a bound so low tells nothing.
 */
export function capacityOf(
  run: Run,
  processes: readonly ProcessFigures[],
  perSecond: number | null,
): Capacity | null {
  if (run.proxy === null || perSecond === null || perSecond === 0) return null;
  const measured = run.validity.limit.component === 'proxy';
  if (run.plan.workload.load.kind === 'open' && !measured) return null;
  let cores = 0;
  for (const { cpuShare } of processes.filter(isNginxWorker)) {
    if (cpuShare === null) return null;
    cores += cpuShare;
  }
  return cores > 0 ? { perSecond: perSecond / cores, bound: measured ? 'measured' : 'at-least' } : null;
}
