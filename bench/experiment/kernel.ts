import type { Notice } from '../model/notice.ts';
import { readCpuTicks, readListenDrops } from '../observe/environment.ts';
import type { CpuTicks, ListenDrops } from '../observe/proc.ts';

/** From this share of stolen CPU time on a person is told. */
const STOLEN_SHARE = 0.01;

/**
 * Reads what the kernel counts for the whole machine.
 *
 * @returns what reads it again, at the end of the load, and says what a person should know of the difference
 */
export async function watchKernel(): Promise<() => Promise<Notice[]>> {
  const [drops, ticks] = await Promise.all([readListenDrops(), readCpuTicks()]);
  return async () => [
    ...droppedHandshakes(drops, await readListenDrops()),
    ...stolenTime(ticks, await readCpuTicks()),
  ];
}

/** The counters are of the whole machine, but nothing else fills our backlog within a run. */
export function droppedHandshakes(before: ListenDrops | null, after: ListenDrops | null): Notice[] {
  const count = (after?.overflows ?? 0) - (before?.overflows ?? 0);
  if (before === null || after === null || count <= 0) return [];
  const text = `The backlog of a listening socket overflowed ${count} times (TcpExt: ListenOverflows): these handshakes took 1 s or 3 s more. Lower --ramp, or raise net.core.somaxconn.`;
  return [{ level: 'warning', code: 'listen-overflow', text }];
}

/** What the host gave to others is missing from every figure, and tail latencies feel it most. */
export function stolenTime(before: CpuTicks | null, after: CpuTicks | null): Notice[] {
  if (before === null || after === null || after.total <= before.total) return [];
  const share = (after.stolen - before.stolen) / (after.total - before.total);
  if (share < STOLEN_SHARE) return [];
  const text = `The host of this virtual machine gave ${(share * 100).toFixed(1)} % of its CPU time to others during the load (steal in /proc/stat): tail latencies and send lag hold what that took. Repeat the run, and compare ratios within one session only.`;
  return [{ level: 'warning', code: 'cpu-stolen', text }];
}
