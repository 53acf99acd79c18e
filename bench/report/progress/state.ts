import type { CapacitySearch } from '../../model/capacity.ts';
import type { Comparison } from '../../model/comparison.ts';
import type { BenchEvent, LiveFigures, RunPhase } from '../../model/event.ts';
import type { Ladder } from '../../model/ladder.ts';
import type { RunPlan } from '../../model/plan.ts';
import { conclusionOf } from '../conclusion.ts';

/** The progress of an invocation, as known from its events. Times are read from a monotonic clock, in ms. */
export interface Progress {
  startedMs: number;
  /** Null before the first run. */
  run: RunUnderWay | null;
  /** Number of runs in the whole invocation, as far as it is known. */
  expectedRuns: number;
  /**
   * Number of completed runs, when the last one ended, and by how much on average they exceeded their planned
   * time.
   */
  ended: { runs: number; lastMs: number; meanExtraMs: number };
  /** The outcome of the rounds so far; null unless this is a comparison. */
  comparison: Comparison | null;
  /** Number of comparisons that run in the same rounds: more than 1 only in a calibration. */
  trials: number;
  /** The outcome of the trials so far; null unless this is a capacity search. */
  search: CapacitySearch | null;
  /** The runs so far; null unless this is a ladder. */
  ladder: Ladder | null;
}

export interface RunUnderWay {
  /** Number of the run, counted from 1. */
  number: number;
  plan: RunPlan;
  startedMs: number;
  phase: RunPhase;
  phaseStartedMs: number;
  /** Null until the load begins. */
  figures: LiveFigures | null;
}

export function begun(nowMs: number): Progress {
  return {
    startedMs: nowMs,
    run: null,
    expectedRuns: 0,
    ended: { runs: 0, lastMs: nowMs, meanExtraMs: 0 },
    comparison: null,
    trials: 1,
    search: null,
    ladder: null,
  };
}

/** Returns the progress after an event. */
export function advanced(progress: Progress, event: BenchEvent, nowMs: number): Progress {
  const { run } = progress;
  switch (event.type) {
    case 'run-planned': {
      const { number, plan, expectedRuns } = event;
      const started = { number, plan, startedMs: nowMs, phaseStartedMs: nowMs, figures: null };
      return { ...progress, expectedRuns, run: { ...started, phase: 'set-up' } };
    }
    case 'phase':
      if (run === null) return progress;
      return { ...progress, run: { ...run, phase: event.phase, phaseStartedMs: nowMs } };
    case 'live':
      return run === null ? progress : { ...progress, run: { ...run, figures: event.figures } };
    case 'run-ended':
      return run === null ? progress : { ...progress, ended: withOneMore(progress.ended, run, nowMs) };
    case 'concluded':
      return {
        ...progress,
        comparison: conclusionOf(event, 'comparison'),
        trials: conclusionOf(event, 'calibration')?.trials.length ?? 1,
        search: conclusionOf(event, 'capacity'),
        ladder: conclusionOf(event, 'ladder'),
      };
    case 'checkpoint':
      return progress;
  }
}

/**
 * Counts a completed run. Interleaved runs end together, so all of their time is attributed to the first one.
 */
function withOneMore({ runs, lastMs, meanExtraMs }: Progress['ended'], run: RunUnderWay, nowMs: number) {
  const extraMs = nowMs - lastMs - plannedMs(run.plan);
  return { runs: runs + 1, lastMs: nowMs, meanExtraMs: (meanExtraMs * runs + extraMs) / (runs + 1) };
}

/** Planned duration of a run. Starting, connecting and ending take additional time. */
function plannedMs({ warmupMs, durationMs, http }: RunPlan): number {
  return warmupMs + durationMs + (http?.durationMs ?? 0);
}

/** Additional time assumed per run until the first run has completed. */
const USUAL_EXTRA_MS = 2000;

/** Remaining time of the invocation, estimated from the durations of its runs; null before the first run. */
export function timeLeftMs({ run, ended, expectedRuns }: Progress, nowMs: number): number | null {
  if (run === null) return null;
  const extraMs = ended.runs === 0 ? USUAL_EXTRA_MS : ended.meanExtraMs;
  const runMs = Math.max(0, plannedMs(run.plan) + extraMs);
  const isOver = ended.runs >= run.number;
  const ownMs = isOver ? 0 : Math.max(0, runMs - (nowMs - run.startedMs));
  return ownMs + Math.max(0, expectedRuns - run.number) * runMs;
}

/** Share of the whole invocation that is complete, 0 to 1. */
export function shareDone(progress: Progress, nowMs: number): number {
  const leftMs = timeLeftMs(progress, nowMs);
  const goneMs = nowMs - progress.startedMs;
  return leftMs === null || goneMs <= 0 ? 0 : goneMs / (goneMs + leftMs);
}
