import type { AgentHost } from '../model/host.ts';
import type { EngineName } from '../model/plan.ts';
import type { WorkerId } from '../model/recording.ts';
import type { ProcessSeries, RunProcess } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { WorkerProcess } from './fleet.ts';

/** The generator that a run needs. */
export interface GeneratorPlan {
  /** Number of workers on all hosts together. */
  workers: number;
  client: 'lean' | 'ws';
  /** Runtime of the lean client. */
  engine: EngineName;
  /** CPUs to which the workers are pinned; null leaves the choice to the kernel. */
  cpus: readonly number[] | null;
  target: Pick<Target, 'host' | 'ports'>;
}

/** A generator worker on any host. */
export interface GeneratorWorker extends WorkerProcess {
  id: WorkerId;
  /**
   * Converts a reading of `monotonicNs()` (clock.ts) on the runner's host to the reading at the same moment on
   * the worker's host.
   */
  toHostNs(ns: bigint): bigint;
}

/** What other hosts do for one run. They sample processes that the runner cannot see. */
export interface OtherHosts {
  /**
   * Begins to sample. Resolves when every host has taken its first sample.
   *
   * @param epochNs the run's epoch, on the clock of `monotonicNs()` of the runner's host
   * @param intervalMs between samples
   */
  observe(epochNs: bigint, intervalMs: number): Promise<void>;
  /** Takes further samples at these times, in µs since the run's epoch, because figures refer to the spans between them. */
  sampleAt(timesUs: readonly number[]): void;
  /** Calls `listen` with a sentence if a host can no longer do its part. */
  onLost(listen: (sentence: string) => void): void;
  /** Ends everything on other hosts, and returns what was observed there. Call when the workers have left. */
  end(): Promise<Observed>;
}

/** The workers of a run, ready for their plans. */
export interface Generator extends OtherHosts {
  /** In the order of their index within the run. */
  workers: readonly GeneratorWorker[];
  /** Those of the workers' processes that the runner's sampler can observe, in the same order. */
  processes: readonly RunProcess[];
  /** How long before the first message is due the workers have to be told, in µs. */
  headStartUs: number;
}

/** What other hosts observed of a run; empty if there are none, or they were lost. */
export interface Observed {
  processes: readonly ProcessSeries[];
  /** The send lag is added by the runner, which has the recordings. */
  hosts: readonly Omit<AgentHost, 'sendLag'>[];
}

/**
 * Starts the generator workers of runs, on this host or on others. Everything that follows is done by the
 * fleet (fleet.ts), through the workers' commands and reports.
 */
export interface Coordinator {
  /**
   * Starts the workers of a run; resolves when all are ready.
   *
   * @throws Problem('environment') if not all of them can be started
   */
  start(plan: GeneratorPlan): Promise<Generator>;
}

/** Watches an Nginx on another host, which nobody starts for the run. */
export interface ProxyWatch {
  /** @throws Problem('environment') if the processes to watch cannot be found */
  start(): Promise<OtherHosts>;
}
