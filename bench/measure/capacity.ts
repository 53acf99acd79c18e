import type { Run } from '../model/run.ts';
import { isNginxWorker, type ProcessFigures } from './processes.ts';

/** Messages per second carried by one core of Nginx's workers. */
export interface Capacity {
  perSecond: number;
  /** `at-least`: something else was the limit, and CPU per message falls as an event loop gets busier. */
  bound: 'measured' | 'at-least';
}

/**
 * Messages per second ÷ the share of a core that the workers used: what they would carry if nothing else were in
 * the way. Null in an open loop that Nginx keeps up with, because at a fraction of the maximum load a message costs
 * several times as much, and such a low bound is useless.
 */
export function capacityOf(
  run: Run,
  processes: readonly ProcessFigures[],
  perSecond: number | null,
): Capacity | null {
  if (run.proxy === null || perSecond === null || perSecond === 0) return null;
  const measured = run.validity.limit.component === 'proxy';
  if (run.plan.workload.load?.kind !== 'closed' && !measured) return null;
  let cores = 0;
  for (const { cpuShare } of processes.filter(isNginxWorker)) {
    if (cpuShare === null) return null;
    cores += cpuShare;
  }
  return cores > 0 ? { perSecond: perSecond / cores, bound: measured ? 'measured' : 'at-least' } : null;
}
