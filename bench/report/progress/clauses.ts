import { workOf } from '../../measure/work.ts';
import type { LiveCpu, LiveFigures } from '../../model/event.ts';
import { printable } from '../../model/printable.ts';
import { wallMs } from '../../model/turns.ts';
import type { Work } from '../../model/work.ts';
import { formatCount, formatRate, formatShare, formatTime } from '../../wording/format.ts';
import { DONE } from '../../wording/validity.ts';
import { kindOf } from '../kinds/kinds.ts';
import { type Progress, type RunUnderWay, timeLeftMs } from './state.ts';

/** The state of a running invocation in short clauses, most important first. */

/** Formats a duration: `2:05`, `1:02:05`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const pad = (number: number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = pad(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}`;
}

export function leftClause(progress: Progress, nowMs: number): string {
  const leftMs = timeLeftMs(progress, nowMs);
  return leftMs === null ? '' : `~${formatClock(leftMs)} left`;
}

/**
 * The current run: `tls, latency`; in a comparison also `round 4 of 10` or `pilot`; in a ladder also
 * `64 connections` and `round 1 of 2`.
 */
export function runClauses(
  { plan }: Pick<RunUnderWay, 'plan'>,
  { conclusions }: Pick<Progress, 'conclusions'>,
): string[] {
  const of = kindOf({ conclusions });
  const name = `${printable(plan.variant)}, ${plan.step}`;
  return [name, ...(of?.kind.runClauses(plan, of.found, conclusions) ?? [])];
}

/** The current phase: `steady, 4 of 10 s`. */
export function phaseClause({ phase, phaseStartedMs, plan }: RunUnderWay, nowMs: number): string {
  const elapsed = Math.max(0, Math.floor((nowMs - phaseStartedMs) / 1000));
  const ownMs = phase === 'steady' ? plan.durationMs : phase === 'warm-up' ? plan.warmupMs : null;
  if (ownMs === null) return `${phase}, ${elapsed} s`;
  const seconds = Math.ceil(wallMs(plan.turns, ownMs) / 1000);
  return `${phase}, ${Math.min(elapsed, seconds)} of ${seconds} s`;
}

export function connectionsClause({ figures, plan }: RunUnderWay): string {
  const [open, most] = [figures?.connections.open ?? 0, plan.connections].map(formatCount);
  return workOf({ plan }) === 'handshakes' ? `${open} open, at most ${most}` : `${open} of ${most} open`;
}

/** The achieved rate and, in an open loop, the offered rate; empty before the load begins. */
export function rateClauses(
  { echoedPerSecond, openedPerSecond, offeredPerSecond }: LiveFigures,
  work: Work,
): string[] {
  const perSecond = work === 'handshakes' ? openedPerSecond : echoedPerSecond;
  if (perSecond === 0 && !offeredPerSecond) return [];
  const done = `${formatRate(perSecond)} ${DONE[work]}`;
  return offeredPerSecond === null ? [done] : [done, `${formatRate(offeredPerSecond)} offered`];
}

export function timeClauses({ p50Us, p99Us, p999Us }: LiveFigures): string[] {
  return Object.entries({ p50: p50Us, p99: p99Us, 'p99.9': p999Us }).flatMap(([name, us]) =>
    us === null ? [] : [`${name} ${formatTime(us)}`],
  );
}

/**
 * Combined CPU utilisation of a component's processes. If there are several, the busiest one is also shown.
 */
export function cpuClauses({ cores, processes, busiest }: LiveCpu): string[] {
  const share = formatShare(rounded(cores / processes));
  if (processes === 1) return [share];
  return [share, `${cores.toFixed(2)} of ${processes} cores`, `busiest ${formatShare(rounded(busiest))}`];
}

function rounded(share: number): number {
  return Math.round(share * 100) / 100;
}

/** Failures so far; empty if there are none. */
export function failureClauses({ connections, lost, failures }: LiveFigures): string[] {
  const kinds = Object.entries(failures).toSorted(([, a], [, b]) => b - a);
  return [
    ...(connections.failed > 0 ? [`${formatCount(connections.failed)} connections failed`] : []),
    ...(lost > 0 ? [`${formatCount(lost)} messages lost`] : []),
    ...kinds.map(([kind, count]) => `${formatCount(count)} ${printable(kind)}`),
  ];
}

/** Summarises the results of the runs so far, as one list of clauses per line. */
export function soFarClauses({ conclusions }: Progress): string[][] {
  const of = kindOf({ conclusions });
  return of?.kind.soFar(of.found, conclusions) ?? [];
}
