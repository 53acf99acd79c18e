import type { RunFigures } from '../measure/figures.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/** An open loop that echoes at least this share of what it offers kept up. */
const ACHIEVED = 0.99;

/** Send lag may be at most this share of response time before the generator's delay becomes part of the result … */
const LAG_SHARE = 0.1;
/** … or this much in µs, because no timer on this kind of machine does better. */
const LAG_FLOOR_US = 300;

/** A backlog exceeds a tenth of a second's messages, and three times what is usual in the run. */
const BACKLOG_SECONDS = 0.1;
const BACKLOG_TIMES_USUAL = 3;

/** The figures by which a schedule is judged, over all seconds of the steady phase or some of them. */
export interface ScheduleFigures {
  /** p99, µs. */
  sendLagUs: number | null;
  responseUs: number | null;
  /** Echoed ÷ offered. */
  ratio: number | null;
  inTime: number | null;
}

/** Why a schedule was not kept, a sentence each. `lag` is the generator's own fault, the others are the system's. */
export type ScheduleDoubts = Partial<Record<'lag' | 'rate' | 'inTime' | 'backlog', Finding>>;

export function ofAllSeconds({ latencies, offered }: RunFigures): ScheduleFigures {
  return {
    sendLagUs: latencies.sendLag?.p99 ?? null,
    responseUs: latencies.response?.p99 ?? null,
    ratio: offered?.ratio ?? null,
    inTime: offered?.inTime ?? null,
  };
}

/** Null if every second was disturbed. */
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

/** Empty for a closed loop, which has no schedule. */
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

/** How late the generator sent: p99 of send lag, and its share of response time p99. Null if it was not late. */
export function lateness({
  sendLagUs,
  responseUs,
}: ScheduleFigures): { lagUs: number; share: number } | null {
  if (sendLagUs === null || responseUs === null) return null;
  if (sendLagUs <= Math.max(LAG_FLOOR_US, responseUs * LAG_SHARE)) return null;
  return { lagUs: Math.round(sendLagUs), share: sendLagUs / responseUs };
}

/**
 * The share of the offered rate from which a schedule counts as kept; null in a closed loop. The standard deviation
 * of Poisson arrivals is the square root of their number: a shortfall of up to three times that is chance.
 */
function achievedFrom({ plan: { durationMs, workload } }: Run): number | null {
  const { load } = workload;
  if (load?.kind !== 'open') return null;
  const offered = (load.ratePerSecond * durationMs) / 1e3;
  return load.arrivals === 'uniform' ? ACHIEVED : Math.min(ACHIEVED, 1 - 3 / Math.sqrt(offered));
}

/**
 * Messages outstanding at the beginning of the steady phase, if there are more than the run itself explains: rate ×
 * median response time are in flight at any moment (Little's law). Otherwise null.
 */
function backlogOf({ offered, steady, latencies }: RunFigures): number | null {
  const { atStart } = steady.outstanding;
  if (offered === null || atStart === null) return null;
  const usual = (offered.perSecond * (latencies.response?.p50 ?? 0)) / 1e6;
  const most = Math.max(offered.perSecond * BACKLOG_SECONDS, usual * BACKLOG_TIMES_USUAL);
  return atStart > most ? atStart : null;
}
