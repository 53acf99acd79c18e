import { steadySeconds } from '../measure/disturbance.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Finding, Notice } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { sliceUs } from '../model/turns.ts';
import { finding, notice } from '../wording/finding.ts';
import type { DisturbedFigures } from '../wording/notices.ts';
import type { DisturbanceFacts } from '../wording/validity.ts';
import {
  ofAllSeconds,
  ofUndisturbedSeconds,
  type ScheduleDoubts,
  scheduleDoubts,
  workFacts,
} from './schedule.ts';

/**
 * Throughput counts as affected if its value over all seconds is below this share of its value over the
 * undisturbed seconds. The median latency counts as affected if its value over the undisturbed seconds is below
 * this share of its value over all seconds.
 */
const TOUCHED = 0.95;
/**
 * The tail varies more than the median, so p99 counts as affected only if its value over the undisturbed
 * seconds is below this share of its value over all seconds.
 */
const TOUCHED_TAIL = 0.5;
/**
 * If there are no undisturbed seconds to compare with, figures count as affected if at least this share of
 * CPU time was lost.
 */
const TOUCHED_SHARE = 0.1;

/** The doubts that remain after a run's disturbed seconds have been taken into account. */
export interface StandingDoubts {
  schedule: ScheduleDoubts;
  /**
   * The finding that the disturbance affected the figures; null if it did not, or if enough seconds were
   * undisturbed.
   */
  disturbance: Finding | null;
}

/**
 * Returns the doubts that remain. If a doubt disappears when the disturbed seconds are excluded, the run
 * itself did not cause it. Such a doubt is dropped if at least half of the seconds are undisturbed. Otherwise
 * it remains, and the disturbance is reported as its cause.
 */
export function standingDoubts(run: Run, figures: RunFigures): StandingDoubts {
  const all = scheduleDoubts(run, figures, ofAllSeconds(run, figures));
  const facts = disturbanceFacts(run);
  if (facts === null || figures.disturbed === null) return { schedule: all, disturbance: null };
  const calm = ofUndisturbedSeconds(figures);
  const without = calm === null ? {} : scheduleDoubts(run, figures, calm);
  const few = figures.disturbed.seconds * 2 > figures.disturbed.of;
  if (!few) return { schedule: both(all, without), disturbance: null };
  const gone = Object.keys(all).length > Object.keys(both(all, without)).length;
  const touched = gone || figuresTouched(run, figures);
  return { schedule: all, disturbance: touched ? finding('disturbed', facts) : null };
}

/** Returns the doubts in the first argument that are also in the second. */
function both(doubts: ScheduleDoubts, others: ScheduleDoubts): ScheduleDoubts {
  return Object.fromEntries(Object.entries(doubts).filter(([kind]) => kind in others));
}

function figuresTouched(run: Run, { undisturbed, work, latencies: { response } }: RunFigures): boolean {
  if (undisturbed === null) {
    const seconds = steadySeconds(run) ?? [];
    const taken = seconds.reduce((sum, { stolen, other }) => sum + stolen + (other ?? 0), 0);
    return taken >= seconds.length * TOUCHED_SHARE;
  }
  const less = (part: number | null | undefined, whole: number | null | undefined, share: number): boolean =>
    typeof part === 'number' && typeof whole === 'number' && part < whole * share;
  // A closed loop is judged by throughput. An open loop is judged by latency, because its schedule sets the
  // throughput.
  if (response === null) return less(work.perSecond, undisturbed.perSecond, TOUCHED);
  const calm = undisturbed.response;
  return less(calm?.p50, response.p50, TOUCHED) || less(calm?.p99, response.p99, TOUCHED_TAIL);
}

/**
 * Creates a notice that lists the disturbed seconds and gives the main figures over all seconds and over the
 * undisturbed ones.
 */
export function disturbanceNotice(run: Run, figures: RunFigures): Notice | null {
  const facts = disturbanceFacts(run);
  if (facts === null) return null;
  return notice('warning', 'disturbed-seconds', { ...facts, ...beside(run, figures), ...workFacts(run) });
}

const NO_HEADLINE = { perSecond: null, responseUs: null, sendLagUs: null };

/** Summarises the disturbance; null if no seconds were disturbed. */
function disturbanceFacts(run: Run): DisturbanceFacts | null {
  const all = steadySeconds(run) ?? [];
  const seconds = all.flatMap(({ cause }, i) => (cause === null ? [] : [i + 1]));
  if (seconds.length === 0) return null;
  const most = (kind: 'steal' | 'other', share: (second: (typeof all)[number]) => number): number | null =>
    all.some(({ cause }) => cause === kind) ? Math.max(...all.map(share)) : null;
  return {
    count: seconds.length,
    seconds,
    of: all.length,
    ...(run.plan.turns === null ? {} : { eachUs: sliceUs(run.plan.turns) }),
    stolen: most('steal', ({ stolen }) => stolen),
    other: most('other', ({ other }) => other ?? 0),
  };
}

/**
 * Returns the step's headline figures over all seconds and over the undisturbed ones. A step that does no work
 * has none.
 */
function beside({ plan }: Run, { undisturbed, work, latencies }: RunFigures): DisturbedFigures {
  if (undisturbed === null) return { all: null, undisturbed: null };
  if (plan.workload.load === null) return { all: NO_HEADLINE, undisturbed: NO_HEADLINE };
  if (latencies.response === null)
    return {
      all: { perSecond: work.perSecond, responseUs: null, sendLagUs: null },
      undisturbed: { perSecond: undisturbed.perSecond, responseUs: null, sendLagUs: null },
    };
  return {
    all: { perSecond: null, responseUs: latencies.response.p99, sendLagUs: latencies.sendLag?.p99 ?? null },
    undisturbed: {
      perSecond: null,
      responseUs: undisturbed.response?.p99 ?? null,
      sendLagUs: undisturbed.sendLag?.p99 ?? null,
    },
  };
}
