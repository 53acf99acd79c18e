import type { RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';
import { absence } from './absence.ts';
import { standingDoubts } from './disturbance.ts';
import { BUSY, limitOf } from './limit.ts';
import { stall } from './stall.ts';
import type { Utilisation } from './utilisation.ts';
import { percent } from './words.ts';

/** If another component is busy and Nginx is below this share, Nginx is not what is measured. */
const NGINX_IDLE = 0.8;
const LOOP_BUSY = 0.85;

/** Whether this run can be trusted, and if not, why. */
export function validityOf(run: Run, figures: RunFigures, utilisation: Utilisation): Validity {
  const { schedule, disturbance } = standingDoubts(run, figures);
  const limit = limitOf(run, figures, utilisation, schedule);
  const cut = outcome(run);
  const doubts = [
    cut ?? nothing(figures),
    losses(run, figures),
    absence(run),
    stall(run, figures),
    disturbance,
    schedule.lag,
    schedule.rate,
    schedule.inTime,
    schedule.backlog,
  ].filter((doubt) => doubt !== null && doubt !== undefined);
  // For a run that broke off, that fact matters more than what its limit was.
  const limited = cut === null ? limitedBy(run, utilisation, limit) : null;
  if (limited !== null) return { ...limited, reasons: [...limited.reasons, ...doubts], limit };
  if (limit.component === 'machine') doubts.push(`The machine was the limit: ${limit.evidence}`);
  const busy = loopBusy(utilisation, limit.component);
  if (busy !== null) doubts.push(busy);
  return { verdict: doubts.length === 0 ? 'valid' : 'suspect', reasons: doubts, limit };
}

function outcome(run: Run): string | null {
  if (run.outcome.state === 'completed') return null;
  return `The run was ${run.outcome.state}: ${run.outcome.reason}`;
}

function nothing({ steady }: RunFigures): string | null {
  return steady.echoed > 0 ? null : 'Nothing was echoed in the steady phase.';
}

function losses({ workers }: Run, { connections, messages, conservation }: RunFigures): string | null {
  if (!conservation.ok) return 'The books do not balance: sent is not echoed + outstanding + lost.';
  const unsent = workers.reduce((sum, worker) => sum + worker.unsent, 0);
  if (connections.failed === 0 && messages.lost === 0 && unsent === 0) return null;
  const left = unsent === 0 ? '' : `, and ${unsent} had no connection left to be sent on`;
  return `${connections.failed} of ${connections.asked} connections failed and ${messages.lost} messages were lost${left}.`;
}

/** In `direct` the echo server is what is measured, so it may be the limit. */
function limitedBy(
  run: Run,
  utilisation: Utilisation,
  limit: Validity['limit'],
): Pick<Validity, 'verdict' | 'reasons'> | null {
  const direct = run.plan.profile === 'direct';
  if (!direct && (utilisation.proxy?.busiest ?? 0) >= NGINX_IDLE) return null;
  if (limit.component === 'generator')
    return { verdict: 'generator-limited', reasons: [`The generator was the limit: ${limit.evidence}`] };
  if (limit.component === 'server' && !direct)
    return { verdict: 'server-limited', reasons: [`The echo server was the limit: ${limit.evidence}`] };
  return null;
}

/**
 * A generator near its own limit measures itself. This does not apply if the measured component is saturated: the
 * generator then waits for it, and the length of the wait is the result.
 */
function loopBusy(utilisation: Utilisation, limit: Validity['limit']['component']): string | null {
  if (utilisation.generator === null || utilisation.generator <= LOOP_BUSY) return null;
  if (limit === 'proxy' && (utilisation.proxy?.busiest ?? 0) >= BUSY) return null;
  if (limit === 'server') return null;
  return `A generator worker was busy ${percent(utilisation.generator)} of the time: it may measure itself.`;
}
