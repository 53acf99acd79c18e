import type { Conclusion } from './conclusion.ts';
import type { FailureCounts } from './failure.ts';
import type { Phase } from './load.ts';
import type { RunPlan } from './plan.ts';
import type { Component, Run } from './run.ts';

/** What a component used of the CPUs over the last second. */
export interface LiveCpu {
  component: Exclude<Component, 'runner'>;
  /** That share its work: of Nginx the workers. */
  processes: number;
  /** CPU time ÷ time, of all its processes together. */
  cores: number;
  /** Of its busiest process, as a share of a core. */
  busiest: number;
}

/** How a run goes. */
export interface LiveFigures {
  connections: { asked: number; open: number; failed: number };
  /** Messages that fell due in the newest whole second; null in a closed loop. */
  offeredPerSecond: number | null;
  echoedPerSecond: number;
  /** Response time (open loop) or service time (closed loop) of the last seconds; null without enough samples. */
  p50Us: number | null;
  p99Us: number | null;
  p999Us: number | null;
  /** Messages given up since the run began, and what went wrong with connections. */
  lost: number;
  failures: FailureCounts;
  /** Empty where the system does not tell. */
  cpu: LiveCpu[];
}

/**
 * What an experiment tells while it goes on: one stream, in order, for whoever draws, saves or serves it.
 * An experiment waits for what a listener returns before it goes on to the next run.
 */
export type BenchEvent =
  /** `number` counts from 1. Runs that take turns are all planned before the first of them ends. */
  | { type: 'run-planned'; number: number; expectedRuns: number; plan: RunPlan }
  | { type: 'phase'; phase: RunPhase }
  /** Twice a second while there is a load. */
  | { type: 'live'; figures: LiveFigures }
  /** What there is of the run under way, should the bench be killed. */
  | { type: 'checkpoint'; number: number; run: Run }
  | { type: 'run-ended'; number: number; run: Run }
  /** What follows from the runs so far: before each run, and after the last. */
  | { type: 'concluded'; conclusions: Conclusion[] };

/** The phases of the load, and what is around them. */
export type RunPhase = 'set-up' | 'http' | Phase | 'tear-down';

/** Listens to the events of an experiment. */
export type Listener = (event: BenchEvent) => void | Promise<void>;
