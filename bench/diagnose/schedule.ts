import type { RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/** An open loop that echoes at least this share of its offered load counts as keeping up. */
const ACHIEVED = 0.99;

/**
 * Maximum send lag as a share of response time; above it, the generator's delay becomes a visible part of the
 * result.
 */
const LAG_SHARE = 0.1;
/**
 * Send lag up to this many µs is always acceptable, because no timer on this kind of machine is more precise.
 */
const LAG_FLOOR_US = 300;

/** A backlog exceeds a tenth of a second's messages, and three times the number usually in flight. */
const BACKLOG_SECONDS = 0.1;
const BACKLOG_TIMES_USUAL = 3;

/** The figures used to judge a schedule, over all seconds of the steady phase or some of them. */
export interface ScheduleFigures {
  /** p99 in µs. */
  sendLagUs: number | null;
  responseUs: number | null;
  /** Echoed rate ÷ offered rate. */
  ratio: number | null;
  inTime: number | null;
}

/**
 * Reasons why a schedule was not kept. `lag` is caused by the generator, the others by the system under test.
 */
export type ScheduleDoubts = Partial<Record<'lag' | 'rate' | 'inTime' | 'backlog', Finding>>;

export function ofAllSeconds({ latencies, offered }: RunFigures): ScheduleFigures {
  return {
    sendLagUs: latencies.sendLag?.p99 ?? null,
    responseUs: latencies.response?.p99 ?? null,
    ratio: offered?.ratio ?? null,
    inTime: offered?.inTime ?? null,
  };
}

/** Returns the figures over the undisturbed seconds; null if every second was disturbed. */
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

/** Lists doubts about the schedule; empty for a closed loop, which has none. */
export function scheduleDoubts(run: Run, figures: RunFigures, schedule: ScheduleFigures): ScheduleDoubts {
  const doubts: ScheduleDoubts = {};
  const late = lateness(schedule);
  const { ratio, inTime } = schedule;
  if (late !== null) doubts.lag = finding('send-lag', late);
  if (ratio !== null && ratio < (achievedFrom(run) ?? 0)) doubts.rate = finding('rate-missed', { ratio });
  if (inTime !== null && inTime < ACHIEVED) doubts.inTime = finding('late-echoes', { share: inTime });
  const backlog = backlogOf(figures);
  if (backlog !== null) doubts.backlog = finding('backlog', { outstanding: backlog });
  return doubts;
}

/**
 * Returns how late the generator sent: p99 of send lag, and its share of the response time's p99. Null if it
 * was on time.
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
 * Returns the share of the offered rate from which a schedule counts as kept; null in a closed loop. The
 * standard deviation of Poisson arrivals is the square root of their number, so a shortfall of up to three
 * times that is noise.
 */
function achievedFrom({ plan: { durationMs, workload } }: Run): number | null {
  const { load } = workload;
  if (load?.kind !== 'open') return null;
  const offered = (load.ratePerSecond * durationMs) / 1e3;
  return load.arrivals === 'uniform' ? ACHIEVED : Math.min(ACHIEVED, 1 - 3 / Math.sqrt(offered));
}

/**
 * Returns the number of messages outstanding at the start of the steady phase if it exceeds the number
 * usually in flight; otherwise null. By Little's law, rate × median response time are in flight at any
 * moment.
 */
function backlogOf({ offered, steady, latencies }: RunFigures): number | null {
  const { atStart } = steady.outstanding;
  if (offered === null || atStart === null) return null;
  const usual = (offered.perSecond * (latencies.response?.p50 ?? 0)) / 1e6;
  const most = Math.max(offered.perSecond * BACKLOG_SECONDS, usual * BACKLOG_TIMES_USUAL);
  return atStart > most ? atStart : null;
}
