import type { Notice } from '../model/finding.ts';
import { readThrottledUs } from '../observe/control-group.ts';
import { readListenDrops } from '../observe/environment.ts';
import type { ListenDrops } from '../observe/proc.ts';
import { notice } from '../wording/finding.ts';

/** Throttling below this is ignored: it is a single quota period cut short. */
const THROTTLED_LEAST_US = 50_000;

/**
 * Reads the kernel's counters that belong to no single process of a run.
 *
 * @returns a function that reads them again at the end of the load, and returns notices about the difference
 */
export async function watchKernel(): Promise<() => Promise<Notice[]>> {
  const [drops, throttledUs] = await Promise.all([readListenDrops(), readThrottledUs()]);
  return async () => [
    ...droppedHandshakes(drops, await readListenDrops()),
    ...throttling(throttledUs, await readThrottledUs()),
  ];
}

/** The counters cover the whole machine, but nothing else fills our backlog within a run. */
export function droppedHandshakes(before: ListenDrops | null, after: ListenDrops | null): Notice[] {
  const count = (after?.overflows ?? 0) - (before?.overflows ?? 0);
  if (before === null || after === null || count <= 0) return [];
  return [notice('warning', 'listen-overflow', { count })];
}

/** On a full disk Nginx keeps running without its logs, so the evidence of a fault is lost. */
export function fullDisk({ blocks, bavail }: { blocks: number; bavail: number }): Notice[] {
  if (blocks === 0 || bavail > 0) return [];
  return [notice('warning', 'temporary-folder-full', {})];
}

/** A quota that is used up stops all processes of the control group at once. */
export function throttling(beforeUs: number | null, afterUs: number | null): Notice[] {
  const us = (afterUs ?? 0) - (beforeUs ?? 0);
  if (beforeUs === null || afterUs === null || us < THROTTLED_LEAST_US) return [];
  return [notice('warning', 'cpu-throttled', { us })];
}
