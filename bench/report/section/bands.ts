import type { Cause } from '../../measure/disturbance.ts';
import type { Span } from '../../measure/span.ts';
import type { Action } from '../../model/timeline.ts';
import { actionsText } from '../../wording/timeline.ts';
import type { BandSpec } from '../page/spec.ts';
import type { RunView } from '../view.ts';

const CAUSES: Record<Cause, string> = { steal: 'steal', other: 'other work' };

/** Shaded areas of a chart over time: warm-up, drain, and disturbed seconds. */
export function bandsOf(view: RunView): BandSpec[] {
  const phases = view.run.phases
    .filter(({ phase, startUs, endUs }) => (phase === 'warm-up' || phase === 'drain') && endUs > startUs)
    .map(({ phase, startUs, endUs }) => bandOf(view, startUs, endUs, phase, 'phase'));
  return [...phases, ...disturbedBands(view), ...eventsOf(view)];
}

/**
 * Actions of one kind on several servers count as one event if they happened less than this many µs after the
 * first action.
 */
const TOGETHER_US = 1e6;

/** Events to mark in a chart over time: the actions carried out during the run. */
export function eventsOf(view: RunView): BandSpec[] {
  const events: { atUs: number; actions: Action[] }[] = [];
  for (const { action, atUs } of view.run.timeline.filter(({ failure }) => failure === null)) {
    const last = events.at(-1);
    const isTogether = last !== undefined && last.actions[0]?.kind === action.kind && 'server' in action;
    if (isTogether && Math.abs(atUs - last.atUs) < TOGETHER_US) last.actions.push(action);
    else events.push({ atUs, actions: [action] });
  }
  return events.map(({ atUs, actions }) => bandOf(view, atUs, atUs, actionsText(actions), 'event'));
}

/** Bands for disturbed seconds. Consecutive seconds with the same cause form one band. */
function disturbedBands(view: RunView): BandSpec[] {
  const bands: BandSpec[] = [];
  for (const { startUs, endUs, cause } of view.seconds ?? []) {
    if (cause === null) continue;
    const band = bandOf(view, startUs, endUs, CAUSES[cause], 'disturbed');
    const last = bands.at(-1);
    if (last !== undefined && last.to === band.from && last.label === band.label) last.to = band.to;
    else bands.push(band);
  }
  return bands;
}

function bandOf(
  view: RunView,
  startUs: number,
  endUs: number,
  label: string,
  kind: BandSpec['kind'],
): BandSpec {
  return { from: steadySecond(view, startUs), to: steadySecond(view, endUs), label, kind };
}

/** Causes of disturbances within this time span (µs since the run's epoch); empty if none is known. */
export function causesIn(view: RunView, time: Span): string {
  const within = (view.seconds ?? []).filter(
    ({ startUs, endUs }) => startUs < time.endUs && time.startUs < endUs,
  );
  return [...new Set(within.flatMap(({ cause }) => (cause === null ? [] : CAUSES[cause])))].join(', ');
}

/** Seconds since the start of the steady phase, to two decimal places. */
export function steadySecond(view: RunView, atUs: number): number {
  return Math.round((atUs - view.zeroUs) / 1e4) / 100;
}
