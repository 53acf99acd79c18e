import { knownFigures } from '../../measure/figures.ts';
import { workOf } from '../../measure/work.ts';
import type { BenchEvent, LiveFigures } from '../../model/event.ts';
import type { RunPlan } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import { formatCount, formatRate, formatTime } from '../../wording/format.ts';
import { DONE } from '../../wording/validity.ts';
import {
  connectionsClause,
  failureClauses,
  leftClause,
  phaseClause,
  rateClauses,
  runClauses,
  soFarClauses,
  timeClauses,
} from './clauses.ts';
import type { Progress, RunUnderWay } from './state.ts';

/** Interval at which the state of a long run is printed. */
const EVERY_MS = 10_000;

/**
 * Makes a function that reports progress line by line, for a log file or a terminal that must not be redrawn:
 * at the start of each run, at intervals during it, and at its end. Each line begins with the number of the
 * run.
 */
export function makePlainLines(): (progress: Progress, event: BenchEvent, nowMs: number) => string | null {
  let printedMs = 0;
  return (progress, event, nowMs) => {
    const { run, expectedRuns } = progress;
    if (run === null) return null;
    const isRunEvent = event.type === 'run-planned' || event.type === 'run-ended';
    if (!isRunEvent && (event.type !== 'live' || nowMs - printedMs < EVERY_MS)) return null;
    printedMs = nowMs;
    const clauses =
      event.type === 'run-planned'
        ? beginningOf(event.plan, progress, nowMs)
        : event.type === 'run-ended'
          ? endOf(event.run)
          : courseOf(run, event.figures, nowMs);
    // Interleaved runs are all planned before the first of them ends, so the run that has just ended may not
    // be the last one planned.
    const { number, plan } = event.type === 'run-ended' ? { ...event.run, number: event.number } : run;
    return [`[${number}/${expectedRuns}] ${runClauses({ plan }, progress).join(', ')}`, ...clauses].join(
      ' · ',
    );
  };
}

function beginningOf({ connections }: RunPlan, progress: Progress, nowMs: number): string[] {
  return [
    `${formatCount(connections)} connections`,
    leftClause(progress, nowMs),
    ...soFarClauses(progress).map((clauses) => clauses.join(', ')),
  ];
}

function courseOf(run: RunUnderWay, figures: LiveFigures, nowMs: number): string[] {
  return [
    phaseClause(run, nowMs),
    connectionsClause(run),
    ...rateClauses(figures, workOf(run)),
    ...timeClauses(figures),
    ...failureClauses(figures),
  ];
}

function endOf(run: Run): string[] {
  const { work, messages, latencies, latencyName, connections } = knownFigures(run);
  const { outcome, validity } = run;
  const times = latencies[latencyName];
  return [
    outcome.state === 'completed' ? validity.verdict : outcome.state,
    ...(work.perSecond === null || run.plan.workload.load === null
      ? []
      : [`${formatRate(work.perSecond)} ${DONE[workOf(run)]}`]),
    ...(times?.p50 == null ? [] : [`p50 ${formatTime(times.p50)}`]),
    ...(times?.p99 == null ? [] : [`p99 ${formatTime(times.p99)}`]),
    ...(connections.failed > 0 ? [`${formatCount(connections.failed)} connections failed`] : []),
    ...(messages.lost > 0 ? [`${formatCount(messages.lost)} messages lost`] : []),
    ...run.notices.filter(({ code }) => code === 'handshakes-failed').map(({ text }) => text),
  ];
}
