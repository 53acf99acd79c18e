import type { Conclusion } from './conclusion.ts';
import type { Load } from './load.ts';
import type { Step } from './plan.ts';
import type { Run } from './run.ts';
import type { Turns } from './turns.ts';

/** The run that a strategy asks for next. Planning turns it into a complete RunPlan. */
export interface RunSpec {
  variant: string;
  step: Step;
  /** Counts from 1 if every variant runs once per round; null without rounds. */
  round: number | null;
  /** Null if the step has none. */
  load: Load | null;
  /** If missing, the number in the request. */
  connections?: number;
  /** If missing, it takes no turns. */
  turns?: Turns;
}

/**
 * The rule that picks the next run: a pure function of the runs so far, with no clock, no process, and no
 * randomness except from its seed.
 */
export interface Strategy {
  /** The next run, or several that take turns with each other. Empty if nothing is left to run. */
  next(done: readonly Run[]): readonly RunSpec[];
  /** The total number of runs, as far as it can be determined from the runs so far. */
  expectedRuns(done: readonly Run[]): number;
  /** What follows from the runs so far. */
  conclude(done: readonly Run[]): Conclusion[];
}
