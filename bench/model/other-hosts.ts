import type { AgentHost } from './host.ts';
import type { ProcessSeries } from './run.ts';

/** Controls what other hosts do for one run: they sample processes that the runner cannot see. */
export interface OtherHosts {
  /**
   * Starts sampling. Resolves when every host has taken its first sample.
   *
   * @param epochNs the run's epoch, on the clock of `monotonicNs()` of the runner's host
   * @param intervalMs time between samples
   */
  observe(epochNs: bigint, intervalMs: number): Promise<void>;
  /**
   * Takes further samples at the given times, in µs since the run's epoch, because figures refer to the spans
   * between these times.
   */
  sampleAt(timesUs: readonly number[]): void;
  /** Calls `listen`, with a description of the problem, if a host can no longer take part in the run. */
  onLost(listen: (sentence: string) => void): void;
  /**
   * Stops everything that belongs to the run on other hosts, and returns what was observed there. Call this
   * when the workers have finished.
   */
  end(): Promise<Observed>;
}

/** What other hosts observed of a run; empty if there are no other hosts, or if they were lost. */
export interface Observed {
  processes: readonly ProcessSeries[];
  /** The send lag is added by the runner, which has the recordings. */
  hosts: readonly Omit<AgentHost, 'sendLag'>[];
}
