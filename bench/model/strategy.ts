import type { Conclusion } from './conclusion.ts';
import type { Load, Payload } from './load.ts';
import type { Step } from './plan.ts';
import type { Run } from './run.ts';
import type { Turns } from './turns.ts';

/** A variant in one of the steps. */
export interface StepOfVariant {
  variant: string;
  step: Step;
  /** Number of connections; defaults to the number in the user's request. */
  connections?: number;
  /** Message size and type; defaults to those in the user's request. */
  payload?: Payload;
  /** Length of the measured phase in ms; defaults to the one in the user's request. */
  durationMs?: number;
  /** Number of the proxy's workers; defaults to the number in the user's request. */
  proxyWorkers?: number;
  /**
   * The largest run in a series with increasing load. All runs of the series get the processes, limits and
   * placement that the largest one needs, so that they differ only in their level.
   */
  largest?: { connections?: number; proxyWorkers?: number };
}

/** The run that a strategy requests next. It is planned in full, as a RunPlan, before it starts. */
export interface RunSpec extends StepOfVariant {
  /** Round number, from 1, if every variant runs once per round; null without rounds. */
  round: number | null;
  /** The step's load; null if it has none. */
  load: Load | null;
  /** Turns of an interleaved run; missing if the run is not interleaved. */
  turns?: Turns;
}

/**
 * Decides which run comes next. It is a pure function of the runs so far: it uses no clock or processes, and
 * all randomness comes from its seed.
 */
export interface Strategy {
  /**
   * Returns the next run, or several runs to interleave. Returns an empty list if no more runs are needed.
   */
  next(done: readonly Run[]): readonly RunSpec[];
  /** Returns the expected total number of runs, estimated from the runs so far. */
  expectedRuns(done: readonly Run[]): number;
  conclude(done: readonly Run[]): Conclusion[];
}
