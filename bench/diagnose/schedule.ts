import type { RunFigures } from '../measure/figures.ts';
import { summarise } from '../measure/histogram.ts';
import { mergeSlices, slicesOf } from '../measure/span.ts';
import { workOf } from '../measure/work.ts';
import type { Finding } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run, Slice } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import type { WorkFacts } from '../wording/validity.ts';

/** An open loop counts as keeping up if it echoes at least this share of the offered load. */
const ACHIEVED = 0.99;

/**
 * Maximum send lag as a share of response time. Above this, the generator's delay is a noticeable part of the
 * result.
 */
const LAG_SHARE = 0.1;
/**
 * Send lag up to this value in µs is always acceptable, because timers are no more precise than this on a
 * typical machine.
 */
export const LAG_FLOOR_US = 300;

/**
 * Outstanding messages count as a backlog if they exceed both the messages due in a tenth of a second and
 * three times the number usually in flight.
 */
const BACKLOG_SECONDS = 0.1;
const BACKLOG_TIMES_USUAL = 3;

/** The figures by which a schedule is judged, over all or some seconds of the steady phase. */
export interface ScheduleFigures {
  /** p99 in µs. */
  sendLagUs: number | null;
  responseUs: number | null;
  /** Echoed rate ÷ offered rate. */
  ratio: number | null;
  inTime: number | null;
}

/**
 * Reasons to doubt that a schedule was kept. `lag` is caused by the generator, the others by the system under
 * test.
 */
export type ScheduleDoubts = Partial<Record<'lag' | 'rate' | 'inTime' | 'backlog', Finding>>;

/**
 * Returns the figures over the whole run. If clients reconnected, send lag and response time are taken from
 * the other seconds. A generator that simulates a thousand machines cannot keep its schedule while all of
 * them reconnect, but it may have kept the schedule before and after.
 */
export function ofAllSeconds(run: Run, { latencies, offered }: RunFigures): ScheduleFigures {
  const { calm, comeback } = byComeback(run);
  const areApart = latencies.sendLag !== null && calm.length > 0 && comeback.length > 0;
  const p99 = (name: 'sendLag' | 'response') =>
    (areApart ? summarise(mergeSlices(calm, name)) : latencies[name])?.p99 ?? null;
  return {
    sendLagUs: p99('sendLag'),
    responseUs: p99('response'),
    ratio: offered?.ratio ?? null,
    inTime: offered?.inTime ?? null,
  };
}

/**
 * Returns the generator's lateness while clients reconnected, if it was on time in the other seconds; null
 * otherwise.
 */
export function comebackLateness(run: Run, figures: RunFigures): { lagUs: number; share: number } | null {
  const { calm, comeback } = byComeback(run);
  if (calm.length === 0 || lateness(ofAllSeconds(run, figures)) !== null) return null;
  const p99 = (name: 'sendLag' | 'response') => summarise(mergeSlices(comeback, name)).p99;
  return lateness({ sendLagUs: p99('sendLag'), responseUs: p99('response'), ratio: null, inTime: null });
}

/** Divides the seconds of a run's load into those in which clients lost connections or reconnected, and all others. */
function byComeback(run: Run): { calm: Slice[]; comeback: Slice[] } {
  const slices = slicesOf(run, 'steady', 'drain');
  const isComeback = ({ counters }: Slice) =>
    ['cut', 'attempts', 'back'].some((name) => counted(counters, name) > 0);
  return { calm: slices.filter((slice) => !isComeback(slice)), comeback: slices.filter(isComeback) };
}

/** Returns the figures over the undisturbed seconds; null if all seconds were disturbed. */
export function ofUndisturbedSeconds({ undisturbed, offered }: RunFigures): ScheduleFigures | null {
  if (undisturbed === null) return null;
  const { response, sendLag, perSecond, inTime } = undisturbed;
  return {
    sendLagUs: sendLag?.p99 ?? null,
    responseUs: response?.p99 ?? null,
    ratio: offered === null || perSecond === null ? null : perSecond / offered.perSecond,
    inTime,
  };
}

/** Returns doubts about the schedule; empty for a closed loop, which has no schedule. */
export function scheduleDoubts(run: Run, figures: RunFigures, schedule: ScheduleFigures): ScheduleDoubts {
  const doubts: ScheduleDoubts = {};
  const late = lateness(schedule);
  const { ratio, inTime } = schedule;
  const work = workFacts(run);
  if (late !== null) doubts.lag = finding('send-lag', { ...late, ...work });
  if (ratio !== null && ratio < (achievedFrom(run) ?? 0))
    doubts.rate = finding('rate-missed', { ratio, ...work });
  if (inTime !== null && inTime < ACHIEVED)
    doubts.inTime = finding('late-echoes', { share: inTime, ...work });
  const backlog = backlogOf(figures);
  if (backlog !== null) doubts.backlog = finding('backlog', { outstanding: backlog, ...work });
  return doubts;
}

/** Returns the run's kind of work as data for findings; empty if the work consists of messages. */
export function workFacts(run: Run): WorkFacts {
  return workOf(run) === 'messages' ? {} : { work: workOf(run) };
}

/**
 * Returns how late the generator sent messages: the p99 send lag and its share of the p99 response time. Null
 * if the generator was on time.
 */
export function lateness({
  sendLagUs,
  responseUs,
}: ScheduleFigures): { lagUs: number; share: number } | null {
  if (sendLagUs === null || responseUs === null) return null;
  if (sendLagUs <= Math.max(LAG_FLOOR_US, responseUs * LAG_SHARE)) return null;
  return { lagUs: Math.round(sendLagUs), share: sendLagUs / responseUs };
}

/**
 * Returns the minimum share of the offered rate at which a schedule counts as kept; null in a closed loop.
 * The standard deviation of Poisson arrivals is the square root of their number, so a shortfall of up to
 * three times that value counts as noise.
 */
function achievedFrom({ plan: { durationMs, workload } }: Run): number | null {
  const { load } = workload;
  if (load?.kind !== 'open') return null;
  const offered = (load.ratePerSecond * durationMs) / 1e3;
  return load.arrivals === 'uniform' ? ACHIEVED : Math.min(ACHIEVED, 1 - 3 / Math.sqrt(offered));
}

/**
 * Returns the number of messages outstanding at the start of the steady phase if it exceeds the number
 * usually in flight; otherwise null. By Little's law, the number usually in flight is rate × median response
 * time.
 */
function backlogOf({ offered, steady, latencies }: RunFigures): number | null {
  const { atStart } = steady.outstanding;
  if (offered === null || atStart === null) return null;
  const usual = (offered.perSecond * (latencies.response?.p50 ?? 0)) / 1e6;
  // A single outstanding message never counts as a backlog.
  const most = Math.max(1, offered.perSecond * BACKLOG_SECONDS, usual * BACKLOG_TIMES_USUAL);
  return atStart > most ? atStart : null;
}
