import type { CapacitySearch } from '../../model/capacity.ts';
import type { Comparison } from '../../model/comparison.ts';
import type { BenchEvent, LiveFigures, RunPhase } from '../../model/event.ts';
import type { RunPlan } from '../../model/plan.ts';
import { conclusionOf } from '../conclusion.ts';

/** The progress of an invocation, as known from its events. Times are of a monotonic clock, in ms. */
export interface Progress {
  startedMs: number;
  /** Null before the first run. */
  run: RunUnderWay | null;
  /** For the whole invocation, as far as it is known. */
  expectedRuns: number;
  /** How many runs have ended, when the last one did, and how much longer than planned they took on average. */
  ended: { runs: number; lastMs: number; meanExtraMs: number };
  /** The outcome of the rounds so far; null if it is not a comparison. */
  comparison: Comparison | null;
  /** The outcome of the trials so far; null if it is not a capacity search. */
  search: CapacitySearch | null;
}

export interface RunUnderWay {
  /** Counts from 1. */
  number: number;
  plan: RunPlan;
  startedMs: number;
  phase: RunPhase;
  phaseStartedMs: number;
  /** Null before the load. */
  figures: LiveFigures | null;
}

export function begun(nowMs: number): Progress {
  return {
    startedMs: nowMs,
    run: null,
    expectedRuns: 0,
    ended: { runs: 0, lastMs: nowMs, meanExtraMs: 0 },
    comparison: null,
    search: null,
  };
}

/** Updates the progress with an event. */
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
        search: conclusionOf(event, 'capacity'),
      };
    case 'checkpoint':
      return progress;
  }
}

/** Interleaved runs end together, so the first accounts for all of their time and the others for none. */
function withOneMore({ runs, lastMs, meanExtraMs }: Progress['ended'], run: RunUnderWay, nowMs: number) {
  const extraMs = nowMs - lastMs - plannedMs(run.plan);
  return { runs: runs + 1, lastMs: nowMs, meanExtraMs: (meanExtraMs * runs + extraMs) / (runs + 1) };
}

/** The length according to the plan. Connecting, starting and ending come in addition. */
function plannedMs({ warmupMs, durationMs, http }: RunPlan): number {
  return warmupMs + durationMs + (http?.durationMs ?? 0);
}

/** The assumed additional time before a run has shown it. */
const USUAL_EXTRA_MS = 2000;

/** The remaining time of the invocation, based on the durations of its runs; null before the first run. */
export function timeLeftMs({ run, ended, expectedRuns }: Progress, nowMs: number): number | null {
  if (run === null) return null;
  const extraMs = ended.runs === 0 ? USUAL_EXTRA_MS : ended.meanExtraMs;
  const runMs = Math.max(0, plannedMs(run.plan) + extraMs);
  const isOver = ended.runs >= run.number;
  const ownMs = isOver ? 0 : Math.max(0, runMs - (nowMs - run.startedMs));
  return ownMs + Math.max(0, expectedRuns - run.number) * runMs;
}

/** The share of the whole invocation, 0 to 1. */
export function shareDone(progress: Progress, nowMs: number): number {
  const leftMs = timeLeftMs(progress, nowMs);
  const goneMs = nowMs - progress.startedMs;
  return leftMs === null || goneMs <= 0 ? 0 : goneMs / (goneMs + leftMs);
}
