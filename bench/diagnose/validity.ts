import type { RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';
import { achievedFrom, BUSY, lateness, limitOf, percent, type Utilisation } from './limit.ts';

/** Below this share Nginx is not what is measured when another component is busy. */
const NGINX_IDLE = 0.8;
const LOOP_BUSY = 0.85;

/** May this run be believed, and why not. */
export function validityOf(run: Run, figures: RunFigures, utilisation: Utilisation): Validity {
  const limit = limitOf(run, figures, utilisation);
  const cut = outcome(run);
  const doubts = [cut, losses(figures), lag(figures), rate(run, figures)].filter((doubt) => doubt !== null);
  // What was the limit of a run that broke off matters less than that it did.
  const limited = cut === null ? limitedBy(run, utilisation, limit) : null;
  if (limited !== null) return { ...limited, reasons: [...limited.reasons, ...doubts], limit };
  const busy = loopBusy(utilisation, limit.component);
  if (busy !== null) doubts.push(busy);
  return { verdict: doubts.length === 0 ? 'valid' : 'suspect', reasons: doubts, limit };
}

function outcome(run: Run): string | null {
  if (run.outcome.state === 'completed') return null;
  return `The run was ${run.outcome.state}: ${run.outcome.reason}`;
}

function losses({ connections, messages, conservation }: RunFigures): string | null {
  if (!conservation.ok) return 'The books do not balance: sent is not echoed + outstanding + lost.';
  if (connections.failed === 0 && messages.lost === 0) return null;
  return `${connections.failed} of ${connections.asked} connections failed and ${messages.lost} messages were lost.`;
}

/** Send lag is the generator's own delay: it is in every response time. */
function lag(figures: RunFigures): string | null {
  const late = lateness(figures);
  if (late === null) return null;
  return `The generator sent late: send lag p99 is ${late.lagUs} µs, ${percent(late.share)} of the response time's p99.`;
}

function rate(run: Run, { offered }: RunFigures): string | null {
  if (offered === null || offered.ratio === null || offered.ratio >= (achievedFrom(run) ?? 0)) return null;
  return `Only ${percent(offered.ratio)} of the offered rate was echoed in the steady phase.`;
}

/** In `direct` the echo server is what is measured: there it may be the limit. */
function limitedBy(
  run: Run,
  utilisation: Utilisation,
  limit: Validity['limit'],
): Pick<Validity, 'verdict' | 'reasons'> | null {
  if (run.plan.profile !== 'direct' && (utilisation.proxy ?? 0) >= NGINX_IDLE) return null;
  if (limit.component === 'generator')
    return { verdict: 'generator-limited', reasons: [`The generator was the limit: ${limit.evidence}`] };
  if (limit.component === 'server' && run.plan.profile !== 'direct')
    return { verdict: 'server-limited', reasons: [`The echo server was the limit: ${limit.evidence}`] };
  return null;
}

/**
 * A generator near its own limit measures itself. Not so where what is measured is saturated: then it
 * waits for that, and how long it waits is the result.
 */
function loopBusy(utilisation: Utilisation, limit: Validity['limit']['component']): string | null {
  if (utilisation.generator === null || utilisation.generator <= LOOP_BUSY) return null;
  if (limit === 'proxy' && (utilisation.proxy ?? 0) >= BUSY) return null;
  if (limit === 'server') return null;
  return `A generator worker was busy ${percent(utilisation.generator)} of the time: it may measure itself.`;
}
