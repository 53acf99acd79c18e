import { steadySeconds } from '../measure/disturbance.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Notice } from '../model/notice.ts';
import type { Run } from '../model/run.ts';
import { ofAllSeconds, ofUndisturbedSeconds, type ScheduleDoubts, scheduleDoubts } from './schedule.ts';
import { percent, ranges } from './words.ts';

/** Throughput and median count as affected below this share of their value in the undisturbed seconds. */
const TOUCHED = 0.95;
/**
 * The tail varies by itself, so p99 counts as affected only if the undisturbed seconds have less than this share of
 * it.
 */
const TOUCHED_TAIL = 0.5;
/**
 * Without any undisturbed second to compare with, figures count as affected if this share of the CPUs was taken.
 */
const TOUCHED_SHARE = 0.1;

/** The doubts about a run that remain after its disturbed seconds are taken into account. */
export interface StandingDoubts {
  schedule: ScheduleDoubts;
  /** Set if the disturbance affected the figures; null if it did not, or if enough seconds are undisturbed. */
  disturbance: string | null;
}

/**
 * A doubt that disappears without the disturbed seconds is not the run's own. If at least half of the seconds are
 * undisturbed, it is dropped. If fewer are, it remains, and the disturbance is given as the reason.
 */
export function standingDoubts(run: Run, figures: RunFigures): StandingDoubts {
  const all = scheduleDoubts(run, figures, ofAllSeconds(figures));
  const sentence = disturbedSentence(run);
  if (sentence === null || figures.disturbed === null) return { schedule: all, disturbance: null };
  const calm = ofUndisturbedSeconds(figures);
  const without = calm === null ? {} : scheduleDoubts(run, figures, calm);
  const few = figures.disturbed.seconds * 2 > figures.disturbed.of;
  if (!few) return { schedule: both(all, without), disturbance: null };
  const gone = Object.keys(all).length > Object.keys(both(all, without)).length;
  const touched = gone || figuresTouched(run, figures);
  return { schedule: all, disturbance: touched ? `Disturbed: ${sentence}.` : null };
}

/** The doubts of the first that are also in the second. */
function both(doubts: ScheduleDoubts, others: ScheduleDoubts): ScheduleDoubts {
  return Object.fromEntries(Object.entries(doubts).filter(([kind]) => kind in others));
}

function figuresTouched(run: Run, { undisturbed, messages, latencies: { response } }: RunFigures): boolean {
  if (undisturbed === null) {
    const seconds = steadySeconds(run) ?? [];
    const taken = seconds.reduce((sum, { stolen, other }) => sum + stolen + (other ?? 0), 0);
    return taken >= seconds.length * TOUCHED_SHARE;
  }
  const less = (part: number | null | undefined, whole: number | null | undefined, share: number): boolean =>
    typeof part === 'number' && typeof whole === 'number' && part < whole * share;
  // In a closed loop throughput matters. In an open loop latency does, because its throughput is set by the
  // schedule.
  if (response === null) return less(messages.perSecond, undisturbed.perSecond, TOUCHED);
  const calm = undisturbed.response;
  return less(calm?.p50, response.p50, TOUCHED) || less(calm?.p99, response.p99, TOUCHED_TAIL);
}

/** Names the disturbed seconds and gives the main figures over all seconds and over the undisturbed ones. */
export function disturbanceNotice(run: Run, figures: RunFigures): Notice | null {
  const disturbed = disturbedSentence(run);
  if (disturbed === null) return null;
  const text = `Disturbed: ${disturbed}. ${comparison(figures)}`;
  return { level: 'warning', code: 'disturbed-seconds', text };
}

/** Null if no second was disturbed. */
function disturbedSentence(run: Run): string | null {
  const seconds = steadySeconds(run) ?? [];
  const numbers = seconds.flatMap(({ cause }, i) => (cause === null ? [] : [i + 1]));
  if (numbers.length === 0) return null;
  const most = (share: (second: (typeof seconds)[number]) => number): string =>
    percent(Math.max(...seconds.map(share)));
  const causes = [
    seconds.some(({ cause }) => cause === 'steal') &&
      `the host gave up to ${most(({ stolen }) => stolen)} of the CPUs' time to others`,
    seconds.some(({ cause }) => cause === 'other') &&
      `other work took up to ${most(({ other }) => other ?? 0)} of the CPUs' time`,
  ].filter((cause) => cause !== false);
  return `${numbers.length} of ${seconds.length} seconds of the steady phase (${ranges(numbers)}), in which ${causes.join(' and ')}`;
}

function comparison({ undisturbed, messages, latencies }: RunFigures): string {
  if (undisturbed === null) return 'No second is left to compare with.';
  const figures: [what: string, all: number | null, calm: number | null, unit: string][] =
    latencies.response === null
      ? [['It echoed', messages.perSecond, undisturbed.perSecond, 'messages/s']]
      : [
          ['Response time p99 is', latencies.response.p99, undisturbed.response?.p99 ?? null, 'µs'],
          ['Send lag p99 is', latencies.sendLag?.p99 ?? null, undisturbed.sendLag?.p99 ?? null, 'µs'],
        ];
  const told = figures.flatMap(([what, all, calm, unit]) =>
    all === null || calm === null
      ? []
      : `${what} ${Math.round(all)} ${unit} over all seconds and ${Math.round(calm)} over the undisturbed ones.`,
  );
  return told.join(' ');
}
