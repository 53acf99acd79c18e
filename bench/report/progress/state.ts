import type { Conclusion } from '../../model/conclusion.ts';
import type { BenchEvent, LiveFigures, RunPhase } from '../../model/event.ts';
import type { RunPlan } from '../../model/plan.ts';

/** The progress of an invocation, derived from its events. Times are read from a monotonic clock, in ms. */
export interface Progress {
  startedMs: number;
  /** The run in progress; null before the first run. */
  run: RunUnderWay | null;
  /** Number of runs in the whole invocation, as far as it is known. */
  expectedRuns: number;
  /**
   * Number of completed runs, the time at which the last of them ended, and the mean time by which they exceeded
   * their planned duration.
   */
  ended: { runs: number; lastMs: number; meanExtraMs: number };
  conclusions: readonly Conclusion[];
}

export interface RunUnderWay {
  /** Number of the run, counted from 1. */
  number: number;
  plan: RunPlan;
  /**
   * When the run was planned or, if it is interleaved with other runs, when the first of these runs was
   * planned.
   */
  startedMs: number;
  /** Number of runs in progress: this run, and the runs that it is interleaved with. */
  together: number;
  phase: RunPhase;
  phaseStartedMs: number;
  /** Latest figures of the run; null until the load begins. */
  figures: LiveFigures | null;
}

export function begun(nowMs: number): Progress {
  return {
    startedMs: nowMs,
    run: null,
    expectedRuns: 0,
    ended: { runs: 0, lastMs: nowMs, meanExtraMs: 0 },
    conclusions: [],
  };
}

/** Returns the progress after an event. */
export function advanced(progress: Progress, event: BenchEvent, nowMs: number): Progress {
  const { run } = progress;
  switch (event.type) {
    case 'run-planned': {
      const { number, plan, expectedRuns } = event;
      const isFirst = run === null || run.together === 0;
      const [startedMs, together] = isFirst ? [nowMs, 1] : [run.startedMs, run.together + 1];
      const planned = { number, plan, startedMs, together, phaseStartedMs: nowMs, figures: null };
      return { ...progress, expectedRuns, run: { ...planned, phase: 'set-up' } };
    }
    case 'phase':
      if (run === null) return progress;
      return { ...progress, run: { ...run, phase: event.phase, phaseStartedMs: nowMs } };
    case 'live':
      return run === null ? progress : { ...progress, run: { ...run, figures: event.figures } };
    case 'run-ended':
      if (run === null) return progress;
      return {
        ...progress,
        run: { ...run, together: run.together - 1 },
        ended: withOneMore(progress.ended, run, nowMs),
      };
    case 'concluded':
      return { ...progress, conclusions: event.conclusions };
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
  const ownMs = Math.max(0, run.together * runMs - (nowMs - run.startedMs));
  return ownMs + Math.max(0, expectedRuns - run.number) * runMs;
}

/** Share of the whole invocation that is complete, 0 to 1. */
export function shareDone(progress: Progress, nowMs: number): number {
  const leftMs = timeLeftMs(progress, nowMs);
  const goneMs = nowMs - progress.startedMs;
  return leftMs === null || goneMs <= 0 ? 0 : goneMs / (goneMs + leftMs);
}
