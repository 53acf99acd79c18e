import type { Conclusion } from './conclusion.ts';
import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';
import type { RunPlan } from './plan.ts';
import type { Component, Run } from './run.ts';

/** CPU use of a component over the last second. */
export interface LiveCpu {
  component: Exclude<Component, 'runner'>;
  /** How many processes share its work. For Nginx, the workers. */
  processes: number;
  /** CPU time ÷ elapsed time, over all its processes. */
  cores: number;
  /** Share of a core used by its busiest process. */
  busiest: number;
}

/** The live figures of a run. */
export interface LiveFigures {
  connections: { asked: number; open: number; failed: number };
  /** Messages that fell due in the last whole second; null in a closed loop. */
  offeredPerSecond: number | null;
  echoedPerSecond: number;
  /** Response time (open loop) or service time (closed loop) over the last seconds; null with too few samples. */
  p50Us: number | null;
  p99Us: number | null;
  p999Us: number | null;
  /** Messages given up since the run began; `failures` are those of connections. */
  lost: number;
  failures: FailureCounts;
  /** Empty if the system does not report it. */
  cpu: LiveCpu[];
}

/**
 * The events of a running experiment, as one ordered stream for everything that draws, saves or serves it. The
 * experiment waits for its listeners before it goes on to the next run.
 */
export type BenchEvent =
  /** `number` counts from 1. Runs that take turns are all planned before the first of them ends. */
  | { type: 'run-planned'; number: number; expectedRuns: number; plan: RunPlan }
  | { type: 'phase'; phase: RunPhase }
  /** Twice a second during a load. */
  | { type: 'live'; figures: LiveFigures }
  /** The current state of a run, in case the bench is killed. */
  | { type: 'checkpoint'; number: number; run: Run }
  | { type: 'run-ended'; number: number; run: Run }
  /** The conclusions from the runs so far: before each run, and after the last. */
  | { type: 'concluded'; conclusions: Conclusion[] };

/** The phases of the load, and what comes before and after them. */
export type RunPhase = 'set-up' | 'http' | Phase | 'tear-down';

export type Listener = (event: BenchEvent) => void | Promise<void>;
