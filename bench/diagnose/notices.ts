import type { RunFigures } from '../measure/figures.ts';
import { isProxyWorker } from '../measure/processes.ts';
import type { Notice } from '../model/finding.ts';
import { PROXIES, USUAL_PROXY } from '../model/proxy.ts';
import type { Run } from '../model/run.ts';
import { expectationOf } from '../model/target.ts';
import { notice } from '../wording/finding.ts';
import { disturbanceNotice } from './disturbance.ts';
import { differingHosts } from './host-outliers.ts';
import { comebackLateness, workFacts } from './schedule.ts';

type Rule = (run: Run, figures: RunFigures) => Notice | null;

/** All rules. Each examines one run and returns at most one notice. */
export const RULES: readonly Rule[] = [
  http2,
  resumption,
  cache,
  httpFailed,
  skew,
  ramp,
  pacing,
  disturbanceNotice,
  comebackLag,
  proxyWorkerEnded,
  proxyLog,
  conservation,
  unasked,
  generatorHosts,
  differingHosts,
  proxyHost,
];

/**
 * Reports messages that the server sent unprompted, in a run where any message from the server counts as an
 * answer.
 */
function unasked({ plan: { target } }: Run, { counts }: RunFigures): Notice | null {
  const count = counts.unasked ?? 0;
  if (expectationOf(target) !== 'any' || count === 0) return null;
  return notice('warning', 'target-unasked', { count });
}

/**
 * Reports that HTTP/2 was available but not used. RFC 8441 allows WebSockets over HTTP/2; the listener's
 * SETTINGS frame shows whether it supports this.
 */
function http2({ probe }: Run): Notice | null {
  if (probe?.alpnOffered !== 'h2') return null;
  const { alpn, extendedConnect } = probe;
  return notice('info', 'h2-not-used', { alpn, extendedConnect: extendedConnect === true });
}

function resumption({ probe, plan }: Run): Notice | null {
  if (probe === null || probe.tlsResumed === null || probe.tlsProtocol === null) return null;
  const { tlsProtocol: protocol, tlsCipher: cipher, tlsResumed: resumed } = probe;
  // The probe uses OpenSSL, but connections on Bun use BoringSSL, which may choose a different cipher.
  const boringSsl = plan.client === 'lean' && plan.engine === 'bun' && protocol === 'TLSv1.3';
  const resumes = plan.workload.options.resume === 'on';
  const facts = { protocol, cipher, resumed, boringSsl, ...(resumes ? { resumes } : {}) };
  return notice(resumed ? 'info' : 'warning', 'tls-resumption', facts);
}

function cache({ http, plan: { servers } }: Run, figures: RunFigures): Notice | null {
  const { cacheHitShare: share = null, backend = null } = figures.http ?? {};
  if (http === null || share === null || backend === null) return null;
  const { echoed } = figures.messages;
  return notice('info', 'cache-serves-gets', { share, requests: http.requests, backend, echoed, servers });
}

/** Reports HTTP requests that failed before the WebSocket load. The run's WebSockets may be unaffected. */
function httpFailed({ http }: Run, { http: figures }: RunFigures): Notice | null {
  if (http === null || figures === null || figures.failed === 0) return null;
  const { errors: lost, timeouts: unanswered, path } = http;
  const { statuses, failed } = figures;
  const classes = Object.entries(statuses ?? {}).filter(([kind]) => kind === '4xx' || kind === '5xx');
  const asked = http.requests + lost + unanswered;
  const facts = { failed, asked, path, answered: Object.fromEntries(classes), lost, unanswered };
  return notice('warning', 'http-failed', facts);
}

/**
 * Reports an uneven distribution over the proxy's workers. Long-lived connections stay with the worker that
 * accepted them.
 */
function skew({ spread, timeline }: Run): Notice | null {
  // This rule does not apply if the workers were replaced, because new workers only have connections opened
  // after the replacement.
  if (timeline.some(({ action: { kind } }) => kind === 'reload' || kind === 'upgrade')) return null;
  const workers = spread.filter((share) => share.component === 'proxy').map((share) => share.connections);
  const most = Math.max(...workers);
  const least = Math.min(...workers);
  return workers.length < 2 || most < least * 1.5 ? null : notice('warning', 'worker-skew', { least, most });
}

function ramp(
  { plan: { rampPerSecond: asked } }: Run,
  { connect: { perSecond } }: RunFigures,
): Notice | null {
  if (asked === 0 || perSecond === null || perSecond >= asked * 0.9) return null;
  return notice('warning', 'ramp-not-reached', { perSecond, asked });
}

/** Reports how much CPU time the generator uses to keep the schedule. */
function pacing(run: Run, { latencies, work, processes }: RunFigures): Notice | null {
  const { plan } = run;
  if (plan.pacing === null) return null;
  const cores = processes
    .filter((process) => process.component === 'generator')
    .reduce((sum, process) => sum + (process.cpuShare ?? 0), 0);
  const facts = {
    cores,
    // The generator's CPU time includes that of the process that sends HTTP requests during the load.
    perMessageUs: run.httpLoad === null ? work.cpuUs.generator : null,
    lagUs: latencies.sendLag?.p99 ?? null,
    ...workFacts(run),
  };
  return notice('info', `pacing-${plan.pacing}`, facts);
}

/** Reports that the generator was late only while clients reconnected. */
function comebackLag(run: Run, figures: RunFigures): Notice | null {
  const late = comebackLateness(run, figures);
  return late === null ? null : notice('warning', 'comeback-lag', { lagUs: late.lagUs });
}

const { workerEnded } = PROXIES[USUAL_PROXY];

/**
 * Reports a worker that died. The master replaces the worker and the run continues, but any open connections
 * of the dead worker were cut.
 */
function proxyWorkerEnded({ proxy, timeline }: Run): Notice | null {
  if (timeline.some(({ action }) => action.kind === 'kill-proxy-workers')) return null;
  const ends = (proxy?.errorLog ?? []).flatMap((line) => workerEnded.exec(line)?.[1] ?? []);
  const [how] = ends;
  return how === undefined ? null : notice('warning', 'nginx-worker-ended', { count: ends.length, how });
}

function proxyLog({ proxy }: Run): Notice | null {
  const lines = (proxy?.errorLog ?? []).filter((line) => !workerEnded.test(line));
  const [first] = lines;
  return first === undefined ? null : notice('warning', 'nginx-log', { lines: lines.length, first });
}

function conservation(_run: Run, { conservation: { ok, broken, workers } }: RunFigures): Notice | null {
  if (ok) return null;
  const generators = workers.filter((each) => !each.ok).map(({ worker }) => worker + 1);
  return notice('warning', 'conservation', { generators, broken });
}

/** Describes what each host contributed, if agents generated the load. */
function generatorHosts(_: Run, { hosts }: RunFigures): Notice | null {
  const generators = hosts.filter(({ role }) => role === 'generator');
  if (generators.length === 0) return null;
  const facts = generators.map(({ name: host, share, sendLag, cpu, clock }) => ({
    host,
    share: share.messages ?? share.connections,
    lagUs: sendLag?.p99 ?? null,
    cpu,
    errorUs: clock.errorUs,
  }));
  return notice('info', 'generator-hosts', { hosts: facts });
}

/** Describes the host that Nginx runs on, if an agent observed it. */
function proxyHost(_: Run, { hosts, processes }: RunFigures): Notice | null {
  const host = hosts.find(({ role }) => role === 'proxy');
  if (host === undefined) return null;
  const { name, cpus, machine, cpu, used, clock } = host;
  return notice('info', 'proxy-host', {
    ...{ host: name, cpus, cpuModel: machine?.cpuModel ?? null, kernel: machine?.kernel ?? null },
    workers: processes.filter(isProxyWorker).length,
    ...{ cpu, used, errorUs: clock.errorUs },
  });
}
