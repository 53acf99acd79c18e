import { readdirSync } from 'node:fs';
import { parseMeminfo, parsePss, parseTcpMemory } from './proc.ts';
import { readNow } from './read-now.ts';

/** Memory used by connections, as reported by the system; null if the system does not report it. */
export interface ConnectionMemory {
  /**
   * Proportional set size, in bytes, summed over the given processes: pages that they share count once (Pss
   * in smaps_rollup, proc(5)).
   */
  processBytes: number | null;
  /**
   * Memory that the kernel uses for sockets on the whole machine, in bytes: unreclaimable slabs, which
   * contain the sockets (SUnreclaim in meminfo), and TCP buffers (mem in sockstat, in pages).
   */
  kernelBytes: number | null;
}

const PAGE_BYTES = 4096;

/** Reads the memory that these processes and the kernel's sockets use now. */
export function readConnectionMemory(pids: readonly number[], procfs = '/proc'): ConnectionMemory {
  const sizes = pids.map((pid) => parsePss(readNow(`${procfs}/${pid}/smaps_rollup`)));
  const known = sizes.flatMap((bytes) => bytes ?? []);
  const slab = parseMeminfo(readNow(`${procfs}/meminfo`), 'SUnreclaim');
  const pages = parseTcpMemory(readNow(`${procfs}/net/sockstat`));
  return {
    processBytes: known.length === 0 || known.length < pids.length ? null : known.reduce((a, b) => a + b, 0),
    kernelBytes: slab === null || pages === null ? null : slab + pages * PAGE_BYTES,
  };
}

/**
 * Counts the file descriptors that these processes have open; null if there are no processes, or if any of
 * them cannot be read. Reads them synchronously, so that no connection can be opened meanwhile.
 */
export function countOpenFiles(pids: readonly number[], procfs = '/proc'): number | null {
  if (pids.length === 0) return null;
  try {
    return pids.reduce((sum, pid) => sum + readdirSync(`${procfs}/${pid}/fd`).length, 0);
  } catch {
    return null;
  }
}
