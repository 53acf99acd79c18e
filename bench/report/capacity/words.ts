import type { Axis, CapacitySearch, Trial } from '../../model/capacity.ts';
import type { Condition } from '../../model/condition.ts';
import { payloadText } from '../load.ts';
import { formatBytes, formatCount, formatRough, formatShort, formatTime, NOTHING } from '../page/format.ts';
import type { View } from '../view.ts';
import { paragraph, sentence } from '../words.ts';
import { capacityOf } from './conclusion.ts';

/** The answer for the top of every output: one sentence, followed by what the reader must know. */
export function capacitySentences(capacity: CapacitySearch): [string, ...string[]] {
  const { finished, trials, limit } = capacity;
  const cut = `The search was not finished: it ended after ${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}.`;
  const rest = [limit === null ? '' : limitSentence(capacity, limit), finished ? '' : cut];
  return [answer(capacity), ...rest.filter((each) => each !== '')];
}

function answer({ variant, axis, interval: [low, high], bound, objectives }: CapacitySearch): string {
  const what = axis.over === 'rate' ? 'messages a second' : 'WebSockets';
  const told = `${heldText(axis)} with ${listed(objectives.map(({ text }) => text))}`;
  if (bound === 'unknown')
    return `Nothing is known of how many ${what} ${variant} holds ${told}: no trial met them all, which may be the doing of something else.`;
  if (low === null)
    return `${variant} did not hold ${formatLevel(high, axis)} ${what}, the fewest that were tried, ${told}.`;
  if (bound === 'at-least' || high === null)
    return `${variant} holds ≥ ${formatLevel(low, axis)} ${what} ${told}.`;
  return `${variant} holds between ${formatLevel(low, axis)} and ${formatLevel(high, axis)} ${what} ${told}.`;
}

function limitSentence({ axis, interval: [, high], bound }: CapacitySearch, limit: string): string {
  if (bound === 'unknown' || high === null) return sentence(limit);
  return paragraph([
    `At ${formatLevel(high, axis)} it was missed, but nothing shows that this is the doing of what is measured.`,
    sentence(limit),
  ]);
}

/** The load of every trial, in a sentence; null if the result is not a capacity search. */
export function capacityLoad({ result }: View): string | null {
  const capacity = capacityOf(result);
  const plan = result.runs.find(({ plan }) => plan.step === 'latency')?.plan;
  if (capacity === null || plan === undefined) return null;
  return `Searched ${heldText(capacity.axis)}, messages of ${payloadText(plan.workload.payload)}, ${formatTime(plan.durationMs * 1000)} a trial.`;
}

/** `over 1,000 WebSockets`, `at 1 message a second on each`. */
export function heldText(axis: Axis): string {
  if (axis.over === 'rate') return `over ${formatCount(axis.connections)} WebSockets`;
  const rate = `${formatShort(axis.ratePerSecond)} ${axis.ratePerSecond === 1 ? 'message' : 'messages'} a second`;
  return `at ${rate} ${axis.per === 'connection' ? 'on each' : 'on all of them together'}`;
}

/** A level in full, with three significant digits. */
export function formatLevel(level: number | null, axis: Axis): string {
  return axis.over === 'rate' ? formatRough(level) : formatCount(level);
}

export function formatMetric(value: number | null, { unit }: Pick<Condition, 'unit'>): string {
  if (value === null) return NOTHING;
  if (unit === 'time') return formatTime(value);
  return unit === 'bytes' ? formatBytes(value) : formatCount(value);
}

/** The outcome of a trial, in a word or two. */
export function outcomeText({ met, elsewhere, keptSchedule }: Trial): string {
  if (met) return 'held';
  const missed = keptSchedule ? 'missed' : 'schedule not kept';
  return elsewhere === null ? missed : `${missed}, inconclusive`;
}

/** The live line of a search: `held 8.9k/s, missed 17.8k/s`. */
export function searchSoFar({ axis, interval: [low, high] }: CapacitySearch): string {
  const each = (level: number): string => `${formatShort(level)}${axis.over === 'rate' ? '/s' : ''}`;
  const ends = [low === null ? '' : `held ${each(low)}`, high === null ? '' : `missed ${each(high)}`];
  return ends.filter((end) => end !== '').join(', ') || 'search';
}

/** `a, b and c`. */
function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}
