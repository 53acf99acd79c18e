import { readdirSync, readFileSync } from 'node:fs';
import type { Notice } from '../model/notice.ts';
import type { Component, ProcessSeries } from '../model/run.ts';
import { parseSchedstat, parseStatus } from './proc.ts';

export interface ObservedProcess {
  component: Component;
  name: string;
  pid: number;
}

/** Samples a changing set of processes, once a second and whenever it is told to. */
export interface Sampler {
  /** Adds processes; one that is watched already is not added again. */
  watch(processes: readonly ObservedProcess[]): void;
  /** The event loop of a process, as it reported itself; goes into its next sample. */
  noteLoop(pid: number, utilisation: number, delayMaxUs: number): void;
  /** At the bounds of a phase, so that figures of a phase need no interpolation. */
  sampleNow(): void;
  stop(): void;
  /** In the order of watching; a process that has ended just has no more samples. */
  series(): ProcessSeries[];
  notices(): Notice[];
}

export interface SamplerOptions {
  /** µs since the run's epoch, on the monotonic clock. */
  nowUs: () => number;
  /** Default: 1 s. */
  intervalMs?: number;
  /** Where procfs is mounted. Default: /proc. */
  procfs?: string;
}

/** Counters of one thread. */
interface Counters {
  cpuNs: number;
  voluntary: number;
  involuntary: number;
}

interface Watched {
  series: ProcessSeries;
  hasEnded: boolean;
  /** The threads as they were last seen, and the sum of those that have ended: a sum never goes back. */
  threads: Map<string, Counters>;
  past: Counters;
  loop: { sum: number; notes: number; delayMaxUs: number };
}

export function startSampler({ nowUs, intervalMs = 1000, procfs = '/proc' }: SamplerOptions): Sampler {
  const watched = new Map<number, Watched>();
  const ended: ProcessSeries[] = [];
  const canRead = parseSchedstat(readText(`${procfs}/self/schedstat`) ?? '') !== null;

  function watch(processes: readonly ObservedProcess[]): void {
    for (const { component, name, pid } of processes) {
      const before = watched.get(pid);
      if (before !== undefined && !before.hasEnded) continue;
      if (before !== undefined) ended.push(before.series);
      watched.set(pid, {
        series: { component, name, pid, samples: [] },
        hasEnded: false,
        threads: new Map(),
        past: { cpuNs: 0, voluntary: 0, involuntary: 0 },
        loop: { sum: 0, notes: 0, delayMaxUs: 0 },
      });
    }
  }

  function noteLoop(pid: number, utilisation: number, delayMaxUs: number): void {
    const loop = watched.get(pid)?.loop;
    if (loop === undefined) return;
    loop.sum += utilisation;
    loop.notes++;
    loop.delayMaxUs = Math.max(loop.delayMaxUs, delayMaxUs);
  }

  function sampleNow(): void {
    if (!canRead) return;
    for (const process of watched.values()) {
      if (!process.hasEnded) sample(process, procfs, nowUs());
    }
  }

  const timer = setInterval(sampleNow, intervalMs).unref();
  return {
    watch,
    noteLoop,
    sampleNow,
    stop: () => clearInterval(timer),
    series: () => [...ended, ...[...watched.values()].map(({ series }) => series)],
    notices: () => (canRead ? [] : [NOTHING_TO_READ]),
  };
}

const NOTHING_TO_READ: Notice = {
  level: 'warning',
  code: 'no-process-figures',
  text: 'This system does not show the CPU time of its processes (Linux does, in /proc/<pid>/task/*/schedstat): CPU, memory and context switches are not recorded, and nothing can be said about which component was the limit.',
};

function sample(process: Watched, procfs: string, nowUs: number): void {
  const folder = `${procfs}/${process.series.pid}`;
  const residentBytes = parseStatus(readText(`${folder}/status`) ?? '').residentBytes;
  const threads = readThreads(`${folder}/task`);
  if (residentBytes === null || threads.size === 0) {
    process.hasEnded = true;
    return;
  }
  for (const [id, last] of process.threads) {
    const now = threads.get(id);
    // A smaller figure is another thread that was given the number of one that has ended.
    if (now === undefined || now.cpuNs < last.cpuNs) add(process.past, last);
  }
  process.threads = threads;
  const sum = { ...process.past };
  for (const counters of threads.values()) add(sum, counters);
  const { notes, sum: utilisation, delayMaxUs } = process.loop;
  process.loop = { sum: 0, notes: 0, delayMaxUs: 0 };
  process.series.samples.push({
    atUs: Math.max(0, Math.round(nowUs)),
    cpuUs: Math.floor(sum.cpuNs / 1000),
    residentBytes,
    voluntarySwitches: sum.voluntary,
    involuntarySwitches: sum.involuntary,
    loopUtilisation: notes === 0 ? null : utilisation / notes,
    loopDelayMaxUs: notes === 0 ? null : Math.round(delayMaxUs),
  });
}

function readThreads(folder: string): Map<string, Counters> {
  const threads = new Map<string, Counters>();
  for (const id of readFolder(folder)) {
    const cpuNs = parseSchedstat(readText(`${folder}/${id}/schedstat`) ?? '');
    const status = parseStatus(readText(`${folder}/${id}/status`) ?? '');
    if (cpuNs === null) continue; // it ended between the two looks
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

/** Synchronously: procfs answers from memory, and all processes are to be seen at the same moment. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
