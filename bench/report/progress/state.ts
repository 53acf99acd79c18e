import type { CapacitySearch } from '../../model/capacity.ts';
import type { Comparison } from '../../model/comparison.ts';
import type { BenchEvent, LiveFigures, RunPhase } from '../../model/event.ts';
import type { RunPlan } from '../../model/plan.ts';
import { capacityOf } from '../capacity/conclusion.ts';
import { comparisonOf } from '../comparison/conclusion.ts';

/** How an invocation goes, as far as its events have told. Times are of a monotonic clock, ms. */
export interface Progress {
  startedMs: number;
  /** Null before the first run. */
  run: RunUnderWay | null;
  /** Of the invocation, as far as can be told. */
  expectedRuns: number;
  /** Runs that have ended, when the last did, and how much longer each took than its plan says, in the mean. */
  ended: { runs: number; lastMs: number; meanExtraMs: number };
  /** What the rounds so far have come to; null where it is no comparison. */
  comparison: Comparison | null;
  /** What the trials so far have found; null where it is no search for a capacity. */
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

/** Takes in what an event tells. */
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
      return { ...progress, comparison: comparisonOf(event), search: capacityOf(event) };
    case 'checkpoint':
      return progress;
  }
}

/** Runs that take turns end together: the first takes all the time of them, the others none. */
function withOneMore({ runs, lastMs, meanExtraMs }: Progress['ended'], run: RunUnderWay, nowMs: number) {
  const extraMs = nowMs - lastMs - plannedMs(run.plan);
  return { runs: runs + 1, lastMs: nowMs, meanExtraMs: (meanExtraMs * runs + extraMs) / (runs + 1) };
}

/** What a plan says of its length; connecting, starting and ending come on top. */
function plannedMs({ warmupMs, durationMs, http }: RunPlan): number {
  return warmupMs + durationMs + (http?.durationMs ?? 0);
}

/** What comes on top before a run has shown it. */
const USUAL_EXTRA_MS = 2000;

/** How long the invocation will still take, going by how long its runs have taken; null before the first. */
export function timeLeftMs({ run, ended, expectedRuns }: Progress, nowMs: number): number | null {
  if (run === null) return null;
  const extraMs = ended.runs === 0 ? USUAL_EXTRA_MS : ended.meanExtraMs;
  const runMs = Math.max(0, plannedMs(run.plan) + extraMs);
  const isOver = ended.runs >= run.number;
  const ownMs = isOver ? 0 : Math.max(0, runMs - (nowMs - run.startedMs));
  return ownMs + Math.max(0, expectedRuns - run.number) * runMs;
}

/** 0..1 of the whole invocation. */
export function shareDone(progress: Progress, nowMs: number): number {
  const leftMs = timeLeftMs(progress, nowMs);
  const goneMs = nowMs - progress.startedMs;
  return leftMs === null || goneMs <= 0 ? 0 : goneMs / (goneMs + leftMs);
}
