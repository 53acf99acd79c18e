import type { Conclusion } from './conclusion.ts';
import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';
import type { RunPlan } from './plan.ts';
import type { Component, Run } from './run.ts';

/** A component's CPU usage over the last second. */
export interface LiveCpu {
  component: Exclude<Component, 'runner'>;
  /** Number of processes that share the work; for the proxy, the number of workers. */
  processes: number;
  /** Total CPU time of the component's processes ÷ elapsed time. */
  cores: number;
  /** CPU utilisation of the component's busiest process, as a share of one core. */
  busiest: number;
}

/** Live figures of a run in progress. */
export interface LiveFigures {
  connections: { asked: number; open: number; failed: number };
  /** Messages due in the last full second, or handshakes if they are the work; null in a closed loop. */
  offeredPerSecond: number | null;
  /** Messages echoed, or sent if no answer is expected, in the last full second. */
  echoedPerSecond: number;
  openedPerSecond: number;
  /**
   * Response time (open loop) or service time (closed loop) over the last few seconds; null if there are too
   * few samples.
   */
  p50Us: number | null;
  p99Us: number | null;
  p999Us: number | null;
  /** Messages abandoned since the run began. Failed connections are counted in `failures` instead. */
  lost: number;
  failures: FailureCounts;
  /** CPU usage per component; empty if the system does not report it. */
  cpu: LiveCpu[];
}

/**
 * The events of a running experiment. Every listener that displays, saves or serves them receives the same
 * ordered stream, and the experiment waits for its listeners before it starts the next run.
 */
export type BenchEvent =
  /** `number` counts from 1. Interleaved runs are all planned before the first one ends. */
  | { type: 'run-planned'; number: number; expectedRuns: number; plan: RunPlan }
  | { type: 'phase'; phase: RunPhase }
  /** Emitted twice a second while load is applied. */
  | { type: 'live'; figures: LiveFigures }
  /** The current state of a run, saved in case the benchmark is killed before the run ends. */
  | { type: 'checkpoint'; number: number; run: Run }
  | { type: 'run-ended'; number: number; run: Run }
  /** The conclusions drawn from the runs so far. Emitted before each run and after the last one. */
  | { type: 'concluded'; conclusions: Conclusion[] };

/** All phases of a run: the phases of the load, and those before and after the load. */
export type RunPhase = 'set-up' | 'http' | Phase | 'tear-down';

export type Listener = (event: BenchEvent) => void | Promise<void>;
