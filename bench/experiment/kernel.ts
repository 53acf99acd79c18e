import type { Notice } from '../model/notice.ts';
import { readThrottledUs } from '../observe/control-group.ts';
import { readListenDrops } from '../observe/environment.ts';
import type { ListenDrops } from '../observe/proc.ts';

/** Less than this is one period of a quota cut short. */
const THROTTLED_LEAST_US = 50_000;

/**
 * Reads what the kernel counts beside the processes of a run.
 *
 * @returns what reads it again, at the end of the load, and says what a person should know of the difference
 */
export async function watchKernel(): Promise<() => Promise<Notice[]>> {
  const [drops, throttledUs] = await Promise.all([readListenDrops(), readThrottledUs()]);
  return async () => [
    ...droppedHandshakes(drops, await readListenDrops()),
    ...throttling(throttledUs, await readThrottledUs()),
  ];
}

/** The counters are of the whole machine, but nothing else fills our backlog within a run. */
export function droppedHandshakes(before: ListenDrops | null, after: ListenDrops | null): Notice[] {
  const count = (after?.overflows ?? 0) - (before?.overflows ?? 0);
  if (before === null || after === null || count <= 0) return [];
  const text = `The backlog of a listening socket overflowed ${count} times (TcpExt: ListenOverflows): these handshakes took 1 s or 3 s more. Lower --ramp, or raise net.core.somaxconn.`;
  return [{ level: 'warning', code: 'listen-overflow', text }];
}

/** Where nothing can be written, Nginx goes on without its logs, and what would have told of a fault is lost. */
export function fullDisk({ blocks, bavail }: { blocks: number; bavail: number }): Notice[] {
  if (blocks === 0 || bavail > 0) return [];
  const text =
    'The disk of the temporary folder is full: Nginx may have lost lines of its logs, and with them what went wrong. Free some space, or name another folder in the environment variable TMPDIR.';
  return [{ level: 'warning', code: 'temporary-folder-full', text }];
}

/** A quota that is used up stops every process of the control group at once. */
export function throttling(beforeUs: number | null, afterUs: number | null): Notice[] {
  const us = (afterUs ?? 0) - (beforeUs ?? 0);
  if (beforeUs === null || afterUs === null || us < THROTTLED_LEAST_US) return [];
  const text = `The control group's CPU quota was used up during the load, and its processes were kept off the CPUs for ${(us / 1e6).toFixed(1)} s in all (cpu.stat): latencies hold what that took. Raise the quota, or run fewer processes.`;
  return [{ level: 'warning', code: 'cpu-throttled', text }];
}
