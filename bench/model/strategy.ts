import type { Conclusion } from './conclusion.ts';
import type { Load } from './load.ts';
import type { Step } from './plan.ts';
import type { Run } from './run.ts';
import type { Turns } from './turns.ts';

/** The run that a strategy requests next. Planning turns it into a complete RunPlan. */
export interface RunSpec {
  variant: string;
  step: Step;
  /** Number of the round, from 1, if every variant runs once per round; null without rounds. */
  round: number | null;
  /** Load of the step; null if it has none. */
  load: Load | null;
  /** Number of connections; defaults to the number in the user's request. */
  connections?: number;
  /** Turns of an interleaved run; missing if the run is not interleaved. */
  turns?: Turns;
}

/**
 * The rule that selects the next run. It is a pure function of the runs so far: it uses no clock and no
 * process, and its only source of randomness is its seed.
 */
export interface Strategy {
  /** Returns the next run, or several runs to interleave. Empty if nothing is left to run. */
  next(done: readonly Run[]): readonly RunSpec[];
  /** Returns the total number of runs, as far as it can be determined from the runs so far. */
  expectedRuns(done: readonly Run[]): number;
  /** Draws conclusions from the runs so far. */
  conclude(done: readonly Run[]): Conclusion[];
}
