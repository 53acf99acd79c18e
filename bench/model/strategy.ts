import type { Conclusion } from './conclusion.ts';
import type { Load } from './load.ts';
import type { Step } from './plan.ts';
import type { Run } from './run.ts';
import type { Turns } from './turns.ts';

/** What a strategy wants to see next; planning makes a complete RunPlan of it. */
export interface RunSpec {
  /** Name of the variant. */
  variant: string;
  step: Step;
  /** From 1, where every variant runs once a round; null where there are no rounds. */
  round: number | null;
  load: Load;
  /** Missing: as many as the request asks for. */
  connections?: number;
  /** Missing: it takes no turns. */
  turns?: Turns;
}

/**
 * The rule that says which run comes next: a pure function of the runs so far, with no clock, no process
 * and no randomness but its seed.
 */
export interface Strategy {
  /** The next run, or those that take turns with one another; empty: there is nothing left to run. */
  next(done: readonly Run[]): readonly RunSpec[];
  /** How many runs there will be in all, as far as can be told from the runs so far. */
  expectedRuns(done: readonly Run[]): number;
  /** What follows from the runs so far. */
  conclude(done: readonly Run[]): Conclusion[];
}
