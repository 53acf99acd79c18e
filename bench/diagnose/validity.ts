import { isEven } from '../measure/backends.ts';
import type { RunFigures } from '../measure/figures.ts';
import { oneWayErrorUs } from '../measure/hosts.ts';
import { workOf } from '../measure/work.ts';
import type { Finding } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run, Validity } from '../model/run.ts';
import type { DoubtName } from '../scenarios/definition.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { finding } from '../wording/finding.ts';
import { actionText } from '../wording/timeline.ts';
import { absence } from './absence.ts';
import { standingDoubts } from './disturbance.ts';
import { type Limit, limitFinding, limitOf } from './limit.ts';
import { stall } from './stall.ts';
import type { Utilisation } from './utilisation.ts';

/**
 * If another component is busy and the utilisation of Nginx is below this, the result does not measure Nginx.
 */
const NGINX_IDLE = 0.8;
const LOOP_BUSY = 0.85;
/** Clock error up to this share of the median is too small to matter for times measured between hosts. */
const CLOCK_SHARE = 0.1;

/** Decides whether a run can be trusted and, if not, gives the reasons. */
export function validityOf(run: Run, figures: RunFigures, utilisation: Utilisation): Validity {
  const { schedule, disturbance } = standingDoubts(run, figures);
  const found = limitOf(run, figures, utilisation, schedule);
  const limit = limitFinding(found);
  const cut = notCompleted(run);
  const asked = scenarioNamed(run.plan.workload.scenario).doubts;
  const ifAsked = (name: DoubtName, doubt: Finding | null | undefined) =>
    asked.includes(name) ? doubt : null;
  const doubts = [
    cut ?? ifAsked('nothing-echoed', nothing(run, figures)),
    actionsFailed(run),
    cut === null && figures.counts.cut === 0 ? ifAsked('nothing-cut', finding('nothing-cut', {})) : null,
    ifAsked('uneven-before', unevenBefore(figures)),
    miscounted(figures) ?? ifAsked('losses', losses(run, figures)),
    ifAsked('deliveries', undelivered(figures)),
    ifAsked('clock-error', clockError(run, figures)),
    cut === null ? ifAsked('http-requests', httpRequests(figures)) : null,
    absence(run),
    ifAsked('stall', stall(run, figures)),
    ifAsked('disturbance', disturbance),
    ifAsked('send-lag', schedule.lag),
    ...[schedule.rate, schedule.inTime, schedule.backlog].map((doubt) => ifAsked('schedule', doubt)),
  ].filter((doubt) => doubt !== null && doubt !== undefined);
  if (!asked.includes('limit'))
    return { verdict: doubts.length === 0 ? 'valid' : 'suspect', reasons: doubts, limit };
  // If a run was interrupted, the interruption matters more than the run's bottleneck.
  const limited = cut === null ? limitedBy(run, utilisation, found) : null;
  if (limited !== null) return { ...limited, reasons: [...limited.reasons, ...doubts], limit };
  if (found.component === 'machine')
    doubts.push(finding('limited-by', { component: 'machine', evidence: found.evidence }));
  const busy = loopBusy(run, utilisation, found.component);
  if (busy !== null) doubts.push(busy);
  return { verdict: doubts.length === 0 ? 'valid' : 'suspect', reasons: doubts, limit };
}

function notCompleted({ outcome }: Run): Finding | null {
  if (outcome.state === 'completed') return null;
  return finding('run-ended', { state: outcome.state, reason: outcome.reason });
}

/** Reports the first action of the timeline that could not be carried out. */
function actionsFailed({ timeline }: Run): Finding | null {
  const failed = timeline.filter(({ failure }) => failure !== null);
  const [first] = failed;
  if (first === undefined) return null;
  const action = actionText(first.action);
  return finding('action-failed', { action, reason: first.failure ?? '', more: failed.length - 1 });
}

/** Reports an uneven spread of connections over the echo servers before one of them was lost. */
function unevenBefore({ backends }: RunFigures): Finding | null {
  if (backends === null || backends.before === null || isEven(backends.before)) return null;
  return finding('uneven-before', {
    least: Math.min(...backends.before),
    most: Math.max(...backends.before),
  });
}

const NOTHING_DONE = {
  messages: 'nothing-echoed',
  sends: 'nothing-sent',
  handshakes: 'nothing-opened',
} as const;

function nothing(run: Run, { work }: RunFigures): Finding | null {
  if (work.done > 0) return null;
  return finding(NOTHING_DONE[workOf(run)], {});
}

/** Reports HTTP requests that were due during the load and failed or were not answered. */
function httpRequests({ httpLoad }: RunFigures): Finding | null {
  if (httpLoad === null) return finding('http-missing', {});
  const { due, failed, unanswered } = httpLoad;
  if (due === 0) return finding('http-missing', {});
  return failed + unanswered === 0 ? null : finding('http-unanswered', { due, failed, unanswered });
}

function miscounted({ conservation, httpLoad }: RunFigures): Finding | null {
  if (httpLoad?.conserved === false) return finding('http-counts-differ', {});
  return conservation.ok ? null : finding('counts-differ', { broken: conservation.broken });
}

function losses(run: Run, figures: RunFigures): Finding | null {
  if (workOf(run) === 'handshakes') return handshakeLosses(figures);
  const { workers } = run;
  const { connections, messages } = figures;
  const unsent = workers.reduce((sum, worker) => sum + counted(worker, 'unsent'), 0);
  const { asked, failed } = connections;
  if (failed === 0 && messages.lost === 0 && unsent === 0) return null;
  return finding('losses', { asked, failed, lost: messages.lost, unsent });
}

function handshakeLosses({ counts }: RunFigures): Finding | null {
  const { started = 0, refused = 0, broken = 0, unstarted = 0, lost = 0 } = counts;
  if (refused + broken + unstarted + lost === 0) return null;
  return finding('handshake-losses', { started, refused, broken, unstarted, lost });
}

/**
 * Reports deliveries that were due but did not arrive. The finding states separately how many of them the
 * server skipped.
 */
function undelivered({ counts }: RunFigures): Finding | null {
  const expected = counted(counts, 'expected');
  const lost = expected - counted(counts, 'delivered');
  const skipped = counted(counts, 'skipped');
  return lost === 0 ? null : finding('deliveries-lost', { lost, expected, skipped });
}

/** Reports a clock error that is large compared with the delivery times measured between hosts. */
function clockError(run: Run, { latencies: { delivery } }: RunFigures): Finding | null {
  const errorUs = oneWayErrorUs(run);
  const p50Us = delivery?.p50 ?? null;
  if (p50Us === null || errorUs <= p50Us * CLOCK_SHARE) return null;
  return finding('clock-error', { errorUs, p50Us });
}

/**
 * Returns the verdict if the generator or the echo server was the limit. In `direct`, the echo server does
 * not count as a limit, because it is the measured component.
 */
function limitedBy(
  run: Run,
  utilisation: Utilisation,
  { component, evidence }: Limit,
): Pick<Validity, 'verdict' | 'reasons'> | null {
  const direct = run.plan.profile === 'direct';
  if (!direct && (utilisation.proxy?.busiest ?? 0) >= NGINX_IDLE) return null;
  if (component === 'generator' || (component === 'server' && !direct))
    return { verdict: `${component}-limited`, reasons: [finding('limited-by', { component, evidence })] };
  return null;
}

/**
 * Reports a generator that is close to its own limit, because the result may then reflect the generator. This
 * does not apply if the measured component is saturated: the generator then waits for it, and how long it
 * waits is the result.
 */
function loopBusy(
  { plan: { target } }: Run,
  utilisation: Utilisation,
  limit: Limit['component'],
): Finding | null {
  if (utilisation.generator === null || utilisation.generator <= LOOP_BUSY) return null;
  if (limit === 'proxy' || limit === 'server') return null;
  return finding('generator-busy', {
    share: utilisation.generator,
    ...(target.kind === 'external' ? { isExternal: true } : {}),
  });
}
