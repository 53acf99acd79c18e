import { readdirSync } from 'node:fs';
import { parseSchedstat, parseStatus } from './proc.ts';
import { readNow } from './read-now.ts';

/** Counters of one thread, or totals over the threads of a process. */
export interface Counters {
  cpuNs: number;
  voluntary: number;
  involuntary: number;
}

/**
 * Sums a process's counters over all of its threads, including those that have ended, so that the totals
 * never decrease.
 */
export class ThreadSums {
  #running = new Map<string, Counters>();
  readonly #ended: Counters = { cpuNs: 0, voluntary: 0, involuntary: 0 };

  /**
   * @param folder /proc/<pid>/task
   * @returns null if all threads have ended
   */
  read(folder: string): Counters | null {
    const threads = readThreads(folder);
    if (threads.size === 0) return null;
    for (const [id, last] of this.#running) {
      const now = threads.get(id);
      // A smaller value means that the ID of an ended thread has been reused.
      if (now === undefined || now.cpuNs < last.cpuNs) add(this.#ended, last);
    }
    this.#running = threads;
    const sum = { ...this.#ended };
    for (const counters of threads.values()) add(sum, counters);
    return sum;
  }
}

function readThreads(folder: string): Map<string, Counters> {
  const threads = new Map<string, Counters>();
  for (const id of readFolder(folder)) {
    const cpuNs = parseSchedstat(readNow(`${folder}/${id}/schedstat`));
    const status = parseStatus(readNow(`${folder}/${id}/status`));
    if (cpuNs === null) continue; // the thread has just ended
    threads.set(id, {
      cpuNs,
      voluntary: status.voluntarySwitches ?? 0,
      involuntary: status.involuntarySwitches ?? 0,
    });
  }
  return threads;
}

function add(to: Counters, more: Counters): void {
  to.cpuNs += more.cpuNs;
  to.voluntary += more.voluntary;
  to.involuntary += more.involuntary;
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
