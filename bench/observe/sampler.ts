import type { Notice } from '../model/finding.ts';
import type { Component, MachineSeries, ProcessSeries, RunProcess, Sample } from '../model/run.ts';
import { notice } from '../wording/finding.ts';
import { creditBusyTime, creditLoops, type LoopNote } from './loops.ts';
import { parseBusyTime, parseCpuTicks, parseSchedstat, parseStatus, parseUptime } from './proc.ts';
import { readNow } from './read-now.ts';
import { ThreadSums } from './threads.ts';

export type { LoopNote } from './loops.ts';

/** Samples a changing set of processes and the machine, once a second and on request. */
export interface Sampler {
  /** Adds processes. A process that is already watched is not added again. */
  watch(processes: readonly RunProcess[]): void;
  /** Processes of other runs. Only their total CPU time counts, because it is not a disturbance of this run. */
  watchBeside(processes: readonly Pick<RunProcess, 'pid'>[]): void;
  /**
   * Records the event loop figures that a process reported. Without bounds, they cover the second that ends now.
   */
  noteLoop(pid: number, loop: Pick<LoopNote, 'utilisation' | 'delayMaxUs'> & Partial<LoopNote>): void;
  /**
   * Takes a sample at the boundary of a phase, so that figures of a phase need no interpolation. The timer's
   * seconds count from here, just as those of the slices count from the boundary.
   */
  sampleNow(): void;
  stop(): void;
  /** In the order of watching. A process that has ended has no further samples. */
  series(): ProcessSeries[];
  /** Null if the system does not report it. */
  machine(): MachineSeries | null;
  /** CPU use of each process over about the last second, for live display. */
  usage(): ProcessUsage[];
  notices(): Notice[];
}

export interface ProcessUsage extends RunProcess {
  /** CPU time ÷ elapsed time. */
  cores: number;
}

export interface SamplerOptions {
  /** µs since the run's epoch, on the monotonic clock. */
  nowUs: () => number;
  /** Returns the current processes of a component that may come and go. New ones are watched from then on. */
  follow?: () => Promise<readonly RunProcess[]>;
  /** Default: 1 s. */
  intervalMs?: number;
  /** Where procfs is mounted. Default: /proc. */
  procfs?: string;
}

interface Watched {
  process: RunProcess;
  /** When it was first seen; null: before the load started. */
  bornUs: number | null;
  /** When it was first missing; null: it still exists. */
  endedUs: number | null;
  threads: ThreadSums;
  samples: Sample[];
  loops: LoopNote[];
  /** For processes with an event loop: how long the main thread has had work, in ns, at each sample. */
  busyNs: (number | null)[];
}

interface Beside {
  pid: number;
  threads: ThreadSums;
  /** The last value read. It stays after the process has ended. */
  cpuUs: number;
}

const SECOND_US = 1_000_000;
/** Samples at phase boundaries may be too close together to be meaningful. */
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

  /** Sleeps until the next whole interval since the anchor, so that the delays of timers do not add up. */
  function sleepOn(): void {
    const sinceMs = (nowUs() - anchorUs) / 1e3;
    const leftMs = intervalMs - (Math.max(0, sinceMs) % intervalMs);
    clearTimeout(timer);
    // If the timer fires slightly early, the rest is not an interval of its own.
    timer = setTimeout(tick, leftMs < intervalMs / 100 ? leftMs + intervalMs : leftMs).unref();
  }

  function tick(): void {
    sampleAll();
    // One that has ended may still be named: a master that is gone, for example.
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
  const counters = residentBytes === null ? null : watched.threads.read(`${folder}/task`);
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

/** The CPUs are those of the processes watched at the first sample; they do not change later. */
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
  });
}

/** The first sample is taken before the epoch. */
function wholeUs(us: number): number {
  return Math.max(0, Math.round(us));
}
