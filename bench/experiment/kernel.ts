import type { Notice } from '../model/finding.ts';
import { readThrottledUs } from '../observe/control-group.ts';
import { readListenDrops } from '../observe/environment.ts';
import type { ListenDrops } from '../observe/proc.ts';
import { notice } from '../wording/finding.ts';

/** Throttling shorter than this is ignored, because it may be a single quota period cut short. */
const THROTTLED_LEAST_US = 50_000;

/**
 * Reads the kernel's counters that do not belong to any single process of a run.
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

/**
 * Warns about handshakes that the kernel dropped. The counters cover the whole machine, but during a run
 * nothing other than the bench fills a listen backlog.
 */
export function droppedHandshakes(before: ListenDrops | null, after: ListenDrops | null): Notice[] {
  const count = (after?.overflows ?? 0) - (before?.overflows ?? 0);
  if (before === null || after === null || count <= 0) return [];
  return [notice('warning', 'listen-overflow', { count })];
}

/**
 * Warns about a full disk, on which Nginx keeps running without its logs, so that evidence of an error is
 * lost.
 */
export function fullDisk({ blocks, bavail }: { blocks: number; bavail: number }): Notice[] {
  if (blocks === 0 || bavail > 0) return [];
  return [notice('warning', 'temporary-folder-full', {})];
}

/** Warns about CPU throttling: an exhausted quota stops all processes of the control group at once. */
export function throttling(beforeUs: number | null, afterUs: number | null): Notice[] {
  const us = (afterUs ?? 0) - (beforeUs ?? 0);
  if (beforeUs === null || afterUs === null || us < THROTTLED_LEAST_US) return [];
  return [notice('warning', 'cpu-throttled', { us })];
}
