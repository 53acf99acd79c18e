import type { Notice } from '../model/finding.ts';
import type { ListenDrops } from '../model/run.ts';
import { readThrottledUs } from '../observe/control-group.ts';
import { readListenDrops } from '../observe/environment.ts';
import { notice } from '../wording/finding.ts';

/** Throttling shorter than this is ignored, because it may affect only a single quota period. */
const THROTTLED_LEAST_US = 50_000;

/** What the kernel counted during a load. */
export interface KernelFigures {
  listenDrops: ListenDrops | null;
  notices: Notice[];
}

/**
 * Reads the kernel's counters that do not belong to any single process of a run.
 *
 * @returns a function that reads them again at the end of the load, and returns the difference
 */
export async function watchKernel(): Promise<() => Promise<KernelFigures>> {
  const [drops, throttledUs] = await Promise.all([readListenDrops(), readThrottledUs()]);
  return async () => {
    const listenDrops = dropsBetween(drops, await readListenDrops());
    const throttled = throttling(throttledUs, await readThrottledUs());
    return { listenDrops, notices: [...droppedHandshakes(listenDrops), ...throttled] };
  };
}

/** Returns the difference between two readings; null if either is missing. */
export function dropsBetween(before: ListenDrops | null, after: ListenDrops | null): ListenDrops | null {
  if (before === null || after === null) return null;
  return {
    overflows: Math.max(0, after.overflows - before.overflows),
    drops: Math.max(0, after.drops - before.drops),
  };
}

/**
 * Warns about handshakes that the kernel dropped. The counters cover the whole machine, but during a run
 * nothing other than the bench fills a listen backlog.
 */
export function droppedHandshakes(drops: ListenDrops | null): Notice[] {
  const count = drops?.overflows ?? 0;
  return count === 0 ? [] : [notice('warning', 'listen-overflow', { count })];
}

/**
 * Warns about a full disk. The proxy then keeps running but cannot write its logs, so evidence of an error is
 * lost.
 */
export function fullDisk({ blocks, bavail }: { blocks: number; bavail: number }): Notice[] {
  if (blocks === 0 || bavail > 0) return [];
  return [notice('warning', 'temporary-folder-full', {})];
}

/** Warns about CPU throttling: an exhausted quota stops all processes of the control group at once. */
export function throttling(beforeUs: number | null, afterUs: number | null): Notice[] {
  if (beforeUs === null || afterUs === null || afterUs - beforeUs < THROTTLED_LEAST_US) return [];
  const us = afterUs - beforeUs;
  return [notice('warning', 'cpu-throttled', { us })];
}
