import type { Axis, CapacitySearch, Trial } from '../../model/capacity.ts';
import type { Condition } from '../../model/condition.ts';
import type { Finding } from '../../model/finding.ts';
import { ratePerSecondOf } from '../../model/load.ts';
import { formatCount, formatFigure, formatRough, formatShort, formatTime } from '../../wording/format.ts';
import { listed, paragraph } from '../../wording/words.ts';
import { payloadText } from '../load.ts';
import type { View } from '../view.ts';

/** The result of a search, shown at the top of every output: one sentence, followed by any caveats. */
export function capacitySentences(capacity: CapacitySearch): [string, ...string[]] {
  const { finished, trials, limit } = capacity;
  const cut = `The search did not finish: it stopped after ${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}.`;
  const rest = [limit === null ? '' : missedSentence(capacity, limit), finished ? '' : cut];
  return [answer(capacity), ...rest.filter((each) => each !== '')];
}

function answer({ variant, axis, interval: [low, high], bound, objectives }: CapacitySearch): string {
  const what = axis.over === 'rate' ? 'messages per second' : 'WebSockets';
  const load = `${heldText(axis)} with ${listed(objectives.map(({ text }) => text))}`;
  if (bound === 'unknown')
    return `Could not determine the capacity of ${variant} ${load}: no trial met all objectives, but ${variant} may not be the cause.`;
  if (low === null)
    return `${variant} did not hold ${formatLevel(high, axis)} ${what} ${load}; this was the lowest level tried.`;
  if (bound === 'at-least' || high === null)
    return `${variant} holds at least ${formatLevel(low, axis)} ${what} ${load}.`;
  return `${variant} holds between ${formatLevel(low, axis)} and ${formatLevel(high, axis)} ${what} ${load}.`;
}

function missedSentence(
  { variant, axis, interval: [, high], bound }: CapacitySearch,
  limit: Finding,
): string {
  if (bound === 'unknown' || high === null) return limit.text;
  return paragraph([
    `An objective was missed at ${formatLevel(high, axis)}, but nothing shows that ${variant} was the cause.`,
    limit.text,
  ]);
}

/** Sentence that describes the load of the trials; null if no run has a known message rate. */
export function capacityLoad(capacity: CapacitySearch, { result }: View): string | null {
  const plan = result.runs.find(({ plan }) => ratePerSecondOf(plan.workload.load) !== null)?.plan;
  if (plan === undefined) return null;
  return `Search ${heldText(capacity.axis)}, ${payloadText(plan.workload.payload)} messages, ${formatTime(plan.durationMs * 1000)} per trial.`;
}

/**
 * The part of the load that is fixed during a search: `over 1,000 WebSockets`, `at 1 message per second on
 * each WebSocket`.
 */
export function heldText(axis: Axis): string {
  if (axis.over === 'rate') return `over ${formatCount(axis.connections)} WebSockets`;
  const rate = `${formatShort(axis.ratePerSecond)} ${axis.ratePerSecond === 1 ? 'message' : 'messages'} per second`;
  return `at ${rate} ${axis.per === 'connection' ? 'on each WebSocket' : 'in total'}`;
}

/** Formats a level without abbreviating it, rounded to three significant digits. */
export function formatLevel(level: number | null, axis: Axis): string {
  return axis.over === 'rate' ? formatRough(level) : formatCount(level);
}

/** Formats the value that an objective refers to; a count is not abbreviated. */
export function formatMetric(value: number | null, { unit }: Pick<Condition, 'unit'>): string {
  return unit === 'count' ? formatCount(value) : formatFigure(value, unit);
}

/** Outcome of a trial, in a word or two. */
export function outcomeText({ met, elsewhere, keptSchedule }: Trial): string {
  if (met) return 'held';
  if (elsewhere !== null) return 'inconclusive';
  return keptSchedule ? 'missed' : 'schedule not kept';
}

/**
 * Progress of a running search: `held 8.9k/s, missed 17.8k/s`. A level is called inconclusive if Nginx may
 * not be the reason why it was missed.
 */
export function searchSoFar({ axis, interval: [low, high], limit }: CapacitySearch): string {
  const each = (level: number): string => `${formatShort(level)}${axis.over === 'rate' ? '/s' : ''}`;
  const ends = [
    low === null ? '' : `held ${each(low)}`,
    high === null ? '' : `${limit === null ? 'missed' : 'inconclusive at'} ${each(high)}`,
  ];
  return ends.filter((end) => end !== '').join(', ') || 'search';
}
