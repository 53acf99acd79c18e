import type { Notice } from '../model/finding.ts';
import type { MachineSeries } from '../model/machine-series.ts';
import type { Component, ProcessSeries, RunProcess, Sample } from '../model/run.ts';
import { notice } from '../wording/finding.ts';
import { creditBusyTime, creditLoops, type LoopNote } from './loops.ts';
import {
  parseBusyTime,
  parseCpuTicks,
  parseSchedstat,
  parseStatus,
  parseTimeWait,
  parseUptime,
} from './proc.ts';
import { readNow } from './read-now.ts';
import { ThreadSums } from './threads.ts';

export type { LoopNote } from './loops.ts';

/** Samples a changing set of processes and the machine, at regular intervals and on request. */
export interface Sampler {
  /** Starts watching processes. Processes that are already being watched are not added again. */
  watch(processes: readonly RunProcess[]): void;
  /**
   * Watches processes of other runs. Only their total CPU time is recorded, so that it does not count as a
   * disturbance of this run.
   */
  watchBeside(processes: readonly Pick<RunProcess, 'pid'>[]): void;
  /** Records event loop figures reported by a process; by default, they cover the second that ends now. */
  noteLoop(pid: number, loop: Pick<LoopNote, 'utilisation' | 'delayMaxUs'> & Partial<LoopNote>): void;
  /**
   * Takes a sample at a phase boundary, so that a phase's figures need no interpolation. Later samples are
   * taken at whole intervals after this one, so that they coincide with the slices, which also start at the
   * boundary.
   */
  sampleNow(): void;
  stop(): void;
  /**
   * Returns the series in the order in which the processes were added. A process that has ended has no
   * further samples.
   */
  series(): ProcessSeries[];
  /** Returns the machine's samples; null if the system does not provide them. */
  machine(): MachineSeries | null;
  /** Returns each process's CPU usage over about the last second, for live display. */
  usage(): ProcessUsage[];
  notices(): Notice[];
}

export interface ProcessUsage extends RunProcess {
  /** CPU time ÷ elapsed time. */
  cores: number;
}

export interface SamplerOptions {
  /** Current time in µs since the run's epoch, on the monotonic clock. */
  nowUs: () => number;
  /**
   * Returns the current processes of a component whose processes may change. New ones are watched from then
   * on.
   */
  follow?: () => Promise<readonly RunProcess[]>;
  /** Sampling interval; 1 s by default. */
  intervalMs?: number;
  /** Mount point of procfs; /proc by default. */
  procfs?: string;
}

interface Watched {
  process: RunProcess;
  /** When the process was first seen; null if the process existed before the load started. */
  bornUs: number | null;
  /** When the process was first found missing; null if it still exists. */
  endedUs: number | null;
  threads: ThreadSums;
  samples: Sample[];
  loops: LoopNote[];
  /**
   * Only for processes with an event loop: the total time in ns during which the main thread has had work, as
   * read at each sample.
   */
  busyNs: (number | null)[];
}

interface Beside {
  pid: number;
  threads: ThreadSums;
  /** The last value read. It is kept after the process has ended. */
  cpuUs: number;
}

const SECOND_US = 1_000_000;
/**
 * Minimum interval over which CPU usage is computed, in µs. Samples at phase boundaries may be too close
 * together for a meaningful value.
 */
const LEAST_USAGE_US = 500_000;
const TICK_US = 10_000;

export function startSampler({
  nowUs,
  follow = async () => [],
  intervalMs = 1000,
  procfs = '/proc',
}: SamplerOptions): Sampler {
  const watched = new Map<number, Watched>();
  const replaced: Watched[] = [];
  const beside = new Map<number, Beside>();
  const canRead = parseSchedstat(readNow(`${procfs}/self/schedstat`)) !== null;
  const machine: MachineSeries = { cpus: [], samples: [] };
  let anchorUs = nowUs();
  let timer = setTimeout(tick, intervalMs).unref();

  function watch(processes: readonly RunProcess[]): void {
    for (const process of processes) {
      const before = watched.get(process.pid);
      if (before !== undefined && before.endedUs === null) continue;
      if (before !== undefined) replaced.push(before);
      const threads = new ThreadSums();
      watched.set(process.pid, {
        process,
        bornUs: nowUs() <= 0 ? null : wholeUs(nowUs()),
        endedUs: null,
        threads,
        samples: [],
        loops: [],
        busyNs: [],
      });
    }
  }

  function sampleAll(): void {
    if (!canRead) return;
    for (const each of beside.values()) readCpu(each, procfs);
    const besideUs = [...beside.values()].reduce((sum, { cpuUs }) => sum + cpuUs, 0);
    sampleMachine(machine, [...watched.keys()], procfs, nowUs(), besideUs);
    for (const each of watched.values()) if (each.endedUs === null) sample(each, procfs, nowUs());
  }

  /** Sleeps until the end of an interval counted from `anchorUs`, so that timer delays do not accumulate. */
  function sleepOn(): void {
    const sinceMs = (nowUs() - anchorUs) / 1e3;
    const leftMs = intervalMs - (Math.max(0, sinceMs) % intervalMs);
    clearTimeout(timer);
    // If the timer fires slightly early, the remaining time does not count as a separate interval.
    timer = setTimeout(tick, leftMs < intervalMs / 100 ? leftMs + intervalMs : leftMs).unref();
  }

  function tick(): void {
    sampleAll();
    // A process that has ended may still be listed, such as a master that has exited.
    const isNew = ({ pid, name }: RunProcess) => watched.get(pid)?.process.name !== name;
    void follow().then(
      (now) => watch(now.filter(isNew)),
      () => {},
    );
    sleepOn();
  }

  return {
    watch,
    watchBeside(processes) {
      for (const { pid } of processes) beside.set(pid, { pid, threads: new ThreadSums(), cpuUs: 0 });
    },
    noteLoop(pid, { utilisation, delayMaxUs, endUs = nowUs(), startUs = endUs - SECOND_US }) {
      watched.get(pid)?.loops.push({ startUs, endUs, utilisation, delayMaxUs });
    },
    sampleNow() {
      sampleAll();
      anchorUs = nowUs();
      sleepOn();
    },
    stop: () => clearTimeout(timer),
    series: () => [...replaced, ...watched.values()].map(seriesOf),
    machine: () => (machine.samples.length === 0 ? null : { ...machine, samples: [...machine.samples] }),
    usage: () => [...watched.values()].filter(({ endedUs }) => endedUs === null).flatMap(usageOf),
    notices: () => (canRead ? [] : [NOTHING_TO_READ]),
  };
}

/** Components whose processes are single-threaded event loops. */
const HAS_LOOP: readonly Component[] = ['server', 'generator'];

const NOTHING_TO_READ = notice('warning', 'no-process-figures', {});

function seriesOf({ process, bornUs, endedUs, samples, loops, busyNs }: Watched): ProcessSeries {
  const credited = loops.length > 0 ? creditLoops(samples, loops) : creditBusyTime(samples, busyNs);
  return { ...process, bornUs, endedUs, samples: credited };
}

function usageOf({ process, samples }: Watched): ProcessUsage[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  const before = samples.findLast(({ atUs }) => atUs <= last.atUs - LEAST_USAGE_US);
  if (before === undefined) return [];
  return [{ ...process, cores: (last.cpuUs - before.cpuUs) / (last.atUs - before.atUs) }];
}

function readCpu(beside: Beside, procfs: string): void {
  const counters = beside.threads.read(`${procfs}/${beside.pid}/task`);
  if (counters !== null) beside.cpuUs = Math.floor(counters.cpuNs / 1000);
}

function sample(watched: Watched, procfs: string, nowUs: number): void {
  const folder = `${procfs}/${watched.process.pid}`;
  const { residentBytes } = parseStatus(readNow(`${folder}/status`));
  const counters = watched.threads.read(`${folder}/task`);
  if (residentBytes === null || counters === null) {
    watched.endedUs = wholeUs(nowUs);
    return;
  }
  watched.samples.push({
    atUs: wholeUs(nowUs),
    cpuUs: Math.floor(counters.cpuNs / 1000),
    residentBytes,
    voluntarySwitches: counters.voluntary,
    involuntarySwitches: counters.involuntary,
    loopUtilisation: null,
    loopDelayMaxUs: null,
  });
  if (HAS_LOOP.includes(watched.process.component))
    watched.busyNs.push(parseBusyTime(readNow(`${folder}/schedstat`)));
}

/**
 * Samples the CPUs on which the watched processes may run. The set of CPUs is determined at the first sample
 * and does not change later.
 */
function sampleMachine(
  machine: MachineSeries,
  pids: readonly number[],
  procfs: string,
  nowUs: number,
  besideUs: number,
): void {
  if (machine.cpus.length === 0) {
    const allowed = pids.flatMap((pid) => parseStatus(readNow(`${procfs}/${pid}/status`)).cpus);
    machine.cpus = [...new Set(allowed)].sort((a, b) => a - b);
  }
  const ticks = parseCpuTicks(readNow(`${procfs}/stat`), machine.cpus);
  if (ticks === null || machine.cpus.length === 0) return;
  machine.samples.push({
    atUs: wholeUs(nowUs),
    idleUs: ticks.idle * TICK_US,
    stolenUs: ticks.stolen * TICK_US,
    interruptUs: ticks.interrupt * TICK_US,
    besideUs,
    // The run's clock stops while the system is suspended.
    suspendedUs: wholeUs((parseUptime(readNow(`${procfs}/uptime`)) ?? nowUs) - nowUs),
    timeWait: parseTimeWait(readNow(`${procfs}/net/sockstat`)),
  });
}

/** Rounds to whole µs. Times before the epoch become 0, because the first sample is taken before it. */
function wholeUs(us: number): number {
  return Math.max(0, Math.round(us));
}
