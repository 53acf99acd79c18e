import type { OtherHosts } from '../model/other-hosts.ts';
import type { EngineName } from '../model/plan.ts';
import type { WorkerId } from '../model/recording.ts';
import type { RunProcess } from '../model/run.ts';
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

/** The workers of a run, which are ready to receive their plans. */
export interface Generator extends OtherHosts {
  /** Generator workers, in the order of their index within the run. */
  workers: readonly GeneratorWorker[];
  /** The worker processes that the runner's sampler can observe, in the same order as `workers`. */
  processes: readonly RunProcess[];
  /** Lead time in µs: the workers must receive the schedule this long before the first message is due. */
  headStartUs: number;
}

/**
 * Starts the generator workers of runs, on this host or on others. After that, the fleet (fleet.ts) controls them
 * through commands and reports.
 */
export interface Coordinator {
  /**
   * Starts the workers of a run; resolves when all are ready.
   *
   * @throws Problem('environment') if any worker cannot be started
   */
  start(plan: GeneratorPlan): Promise<Generator>;
}

/** Watches an Nginx that is already running on another host. */
export interface ProxyWatch {
  /** @throws Problem('environment') if the Nginx processes cannot be found */
  start(): Promise<OtherHosts>;
}
