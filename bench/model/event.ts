import type { Conclusion } from './conclusion.ts';
import type { Phase } from './load.ts';
import type { RunPlan } from './plan.ts';
import type { Run } from './run.ts';

/** How a run goes: the figures of its newest whole second. */
export interface LiveFigures {
  connections: { asked: number; open: number; failed: number };
  echoedPerSecond: number;
  /** Response time (open loop) or service time (closed loop); null without samples. */
  p50Us: number | null;
  p99Us: number | null;
  lost: number;
}

/**
 * What an experiment tells while it goes on: one stream, in order, for whoever draws, saves or serves it.
 * An experiment waits for what a listener returns before it goes on to the next run.
 */
export type BenchEvent =
  /** `number` counts from 1. */
  | { type: 'run-planned'; number: number; expectedRuns: number; plan: RunPlan }
  | { type: 'phase'; phase: RunPhase }
  /** Twice a second while there is a load. */
  | { type: 'live'; figures: LiveFigures }
  /** What there is of the run under way, should the bench be killed. */
  | { type: 'checkpoint'; run: Run }
  | { type: 'run-ended'; run: Run }
  | { type: 'concluded'; conclusions: Conclusion[] };

/** The phases of the load, and what is around them. */
export type RunPhase = 'set-up' | 'http' | Phase | 'tear-down';

/** Listens to the events of an experiment. */
export type Listener = (event: BenchEvent) => void | Promise<void>;
