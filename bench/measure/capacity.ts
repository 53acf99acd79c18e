import type { Run } from '../model/run.ts';
import { isProxyWorker, type ProcessFigures } from './processes.ts';

/** Per-core capacity: messages per second that the Nginx workers handle per CPU core used. */
export interface Capacity {
  perSecond: number;
  /**
   * `measured`: Nginx was the limit. `at-least`: something else was the limit. The value is then a lower
   * bound, because CPU per message falls as an event loop gets busier.
   */
  bound: 'measured' | 'at-least';
}

/**
 * Returns messages per second ÷ CPU cores used by the workers: the rate that one core could handle if nothing
 * else were the limit.
 *
 * Null in an open loop that Nginx keeps up with. At a fraction of the maximum load, a message uses several
 * times as much CPU, so a lower bound would be useless.
 */
export function capacityOf(
  run: Run,
  processes: readonly ProcessFigures[],
  perSecond: number | null,
): Capacity | null {
  if (perSecond === null || perSecond === 0) return null;
  const measured = run.validity.limit.component === 'proxy';
  if (run.plan.workload.load?.kind !== 'closed' && !measured) return null;
  let cores = 0;
  for (const { cpuShare } of processes.filter(isProxyWorker)) {
    if (cpuShare === null) return null;
    cores += cpuShare;
  }
  return cores > 0 ? { perSecond: perSecond / cores, bound: measured ? 'measured' : 'at-least' } : null;
}
