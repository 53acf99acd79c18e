import type { Comparison } from '../model/comparison.ts';
import type { BenchEvent, LiveFigures, RunPhase } from '../model/event.ts';
import type { RunPlan } from '../model/plan.ts';
import { printable } from '../model/printable.ts';
import { capacityOf } from './capacity/conclusion.ts';
import { searchSoFar } from './capacity/words.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { effectSoFar } from './comparison/words.ts';
import { formatCount, formatRate, formatTime } from './page/format.ts';

const NOTHING_YET: LiveFigures = {
  connections: { asked: 0, open: 0, failed: 0 },
  echoedPerSecond: 0,
  p50Us: null,
  p99Us: null,
  lost: 0,
};

/**
 * Reads the events of an experiment and says in one line how it goes; null for an event that changes nothing.
 * The most telling comes first, for terminals that cut the rest.
 *
 * @param elapsedMs of a monotonic clock
 */
export function makeProgress(elapsedMs: () => number): (event: BenchEvent) => string | null {
  let plan: RunPlan | null = null;
  let comparison: Comparison | null = null;
  let search = '';
  let place = '';
  let phase: RunPhase = 'set-up';
  let figures = NOTHING_YET;
  let startedMs = 0;
  return (event) => {
    if (event.type === 'run-planned') {
      plan = event.plan;
      place = event.expectedRuns > 1 ? `[${event.number}/${event.expectedRuns}] ` : '';
      phase = 'set-up';
      figures = NOTHING_YET;
      startedMs = elapsedMs();
    } else if (event.type === 'concluded') {
      comparison = comparisonOf(event);
      const capacity = capacityOf(event);
      search = capacity === null ? '' : `${searchSoFar(capacity)} · `;
      return null;
    } else if (event.type === 'phase') phase = event.phase;
    else if (event.type === 'live') figures = event.figures;
    else return null;
    if (plan === null) return null;
    const soFar = comparison === null ? search : comparisonSoFar(plan, comparison);
    return place + soFar + progressLine(plan, phase, (elapsedMs() - startedMs) / 1e3, figures);
  };
}

/** Which round, and what it has come to: `round 4 · tls: Nginx CPU per message +31 % (…), … · `. */
function comparisonSoFar({ round }: RunPlan, { comparisons }: Comparison): string {
  if (round === null) return 'pilot · ';
  const effects = comparisons.flatMap((each) => effectSoFar(each) ?? []);
  return [`round ${round}`, ...effects.map(printable), ''].join(' · ');
}

function progressLine(
  { variant, step, connections: asked }: RunPlan,
  phase: RunPhase,
  seconds: number,
  { connections, echoedPerSecond, p50Us, p99Us, lost }: LiveFigures,
): string {
  const parts = [
    `${printable(variant)} ${step}`,
    `${phase} ${Math.floor(seconds)} s`,
    `${formatCount(connections.open)} of ${formatCount(asked)} open`,
  ];
  if (echoedPerSecond > 0) parts.push(formatRate(echoedPerSecond));
  if (p50Us !== null) parts.push(`p50 ${formatTime(p50Us)}`);
  if (p99Us !== null) parts.push(`p99 ${formatTime(p99Us)}`);
  if (connections.failed > 0) parts.push(`${formatCount(connections.failed)} failed`);
  if (lost > 0) parts.push(`${formatCount(lost)} lost`);
  return parts.join(' · ');
}
