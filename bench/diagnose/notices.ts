import type { RunFigures } from '../measure/figures.ts';
import type { Notice } from '../model/notice.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { disturbanceNotice } from './disturbance.ts';

type Rule = (run: Run, figures: RunFigures) => Notice | null;

/** Each rule looks at one run and produces at most one notice. */
export const RULES: readonly Rule[] = [
  http2,
  resumption,
  cache,
  httpFailed,
  skew,
  ramp,
  pacing,
  disturbanceNotice,
  nginxWorkerEnded,
  nginxLog,
  conservation,
];

/** RFC 8441 would allow a WebSocket over HTTP/2. Whether it is offered is seen from the SETTINGS on the wire. */
function http2({ probe }: Run): Notice | null {
  if (probe?.alpnOffered !== 'h2') return null;
  const used = probe.alpn ?? 'no ALPN protocol';
  const text =
    probe.extendedConnect === true
      ? `The listener speaks HTTP/2 and advertises extended CONNECT (RFC 8441); the WebSockets of this run negotiated ${used} and ran over HTTP/1.1, each on a connection of its own.`
      : `The listener speaks HTTP/2 but does not advertise extended CONNECT (RFC 8441): a WebSocket cannot run over HTTP/2 here. The WebSockets of this run negotiated ${used} and ran over HTTP/1.1, each on a TLS connection of its own, so these figures say nothing about WebSocket over HTTP/2.`;
  return { level: 'info', code: 'h2-not-used', text };
}

function resumption({ probe, plan }: Run): Notice | null {
  if (probe === null || probe.tlsResumed === null || probe.tlsProtocol === null) return null;
  const text = `${probe.tlsProtocol}, ${probe.tlsCipher ?? 'unknown cipher'}; a second connection ${probe.tlsResumed ? 'resumed the session of the first' : 'could not resume the session of the first'}. The connections of the load each make a full handshake${cipherOnBun(plan, probe.tlsProtocol)}.`;
  return { level: probe.tlsResumed ? 'info' : 'warning', code: 'tls-resumption', text };
}

/** The probe runs on Node with OpenSSL. The client's order of ciphers counts unless the server overrides it. */
function cipherOnBun({ client, engine }: RunPlan, protocol: string): string {
  if (client !== 'lean' || engine !== 'bun' || protocol !== 'TLSv1.3') return '';
  return ', and as Bun (BoringSSL) they put TLS_AES_128_GCM_SHA256 first';
}

function cache({ http, plan }: Run, figures: RunFigures): Notice | null {
  const { cacheHitShare: share = null, backend = null } = figures.http ?? {};
  if (http === null || share === null || backend === null) return null;
  const text = `The cache answered ${(share * 100).toFixed(1)} % of ${http.requests} ordinary GETs, and ${backend} of them reached an echo server. It leaves WebSocket messages alone: all ${figures.messages.echoed} echoes came from the ${plan.servers === 1 ? 'echo server' : `${plan.servers} echo servers`}.`;
  return { level: 'info', code: 'cache-serves-gets', text };
}

/** The WebSockets of the run may be fine all the same. */
function httpFailed({ http }: Run, { http: figures }: RunFigures): Notice | null {
  if (http === null || figures === null || figures.failed === 0) return null;
  const { statuses, failed } = figures;
  const kinds =
    statuses === null
      ? []
      : ['4xx', '5xx'].flatMap((kind) => (statuses[kind] ? [`${statuses[kind]} answered ${kind}`] : []));
  const how = [
    ...kinds,
    ...(http.errors > 0 ? [`${http.errors} lost with their connections`] : []),
    ...(http.timeouts > 0 ? [`${http.timeouts} without an answer in time`] : []),
  ].join(', ');
  const asked = http.requests + http.errors + http.timeouts;
  const text = `${failed} of ${asked} ordinary GETs of ${http.path} failed${how === '' ? '' : ` (${how})`}: figures of the HTTP leg count the others alone, and nothing follows from them for a cache. --no-http leaves it out.`;
  return { level: 'warning', code: 'http-failed', text };
}

/** Long-lived connections stay with the worker that accepted them. */
function skew({ spread }: Run): Notice | null {
  const workers = spread.filter((share) => share.component === 'proxy').map((share) => share.connections);
  const most = Math.max(...workers, 0);
  const least = Math.min(...workers);
  if (workers.length < 2 || most < least * 1.5) return null;
  const text = `Connections are spread unevenly over the Nginx workers: from ${least} to ${most}. They stay where they were accepted; listen … reuseport spreads them by hash.`;
  return { level: 'warning', code: 'worker-skew', text };
}

function ramp({ plan }: Run, { connect }: RunFigures): Notice | null {
  if (plan.rampPerSecond === 0 || connect.perSecond === null) return null;
  if (connect.perSecond >= plan.rampPerSecond * 0.9) return null;
  const text = `Connections were opened at ${Math.round(connect.perSecond)} a second where ${plan.rampPerSecond} were asked.`;
  return { level: 'warning', code: 'ramp-not-reached', text };
}

/** The cost of keeping the schedule. */
function pacing({ plan }: Run, { latencies, cpuUsPerMessage, processes }: RunFigures): Notice | null {
  if (plan.pacing === null) return null;
  const cpu = processes
    .filter((process) => process.component === 'generator')
    .reduce((sum, process) => sum + (process.cpuShare ?? 0), 0);
  const how =
    plan.pacing === 'spin'
      ? 'The generator spins until the next message is due'
      : 'The generator sleeps until the next message is due, for there is no CPU that it could keep to itself';
  const lagUs = latencies.sendLag?.p99 ?? null;
  const lag = lagUs === null ? '' : `, and send lag p99 was ${lagUs} µs`;
  const text = `${how}: it used ${cpu.toFixed(2)} of a core, ${cpuUsPerMessage.generator?.toFixed(1) ?? 'an unknown number of'} µs a message with the waiting${lag}.`;
  return { level: 'info', code: `pacing-${plan.pacing}`, text };
}

/** As logged by nginx (ngx_process.c, ngx_process_get_status). */
const WORKER_ENDED = /worker process \d+ exited (on signal \d+|with fatal code \d+)/;

/** The master replaces the worker and the run continues, but its connections were cut, if there were any yet. */
function nginxWorkerEnded({ proxy }: Run): Notice | null {
  const ends = (proxy?.errorLog ?? []).flatMap((line) => WORKER_ENDED.exec(line)?.[1] ?? []);
  const [first] = ends;
  if (first === undefined) return null;
  const which = ends.length === 1 ? 'A Nginx worker process' : `${ends.length} Nginx worker processes`;
  const text = `${which} exited ${first} in the course of this run, the HTTP leg before the load included. Connections that it had were cut, and what took its place began with none.`;
  return { level: 'warning', code: 'nginx-worker-ended', text };
}

function nginxLog({ proxy }: Run): Notice | null {
  const lines = (proxy?.errorLog ?? []).filter((line) => !WORKER_ENDED.test(line));
  const [first] = lines;
  if (first === undefined) return null;
  const text = `Nginx logged ${lines.length} ${lines.length === 1 ? 'line' : 'lines'} at level warn or above; the first: ${first}`;
  return { level: 'warning', code: 'nginx-log', text };
}

function conservation(_run: Run, figures: RunFigures): Notice | null {
  if (figures.conservation.ok) return null;
  const broken = figures.conservation.workers.filter(({ ok }) => !ok).map(({ worker }) => worker + 1);
  const whose = broken.length === 0 ? 'this run' : `generator ${broken.join(', ')}`;
  const text = `The books of ${whose} do not balance: sent is not echoed + outstanding + lost. This is a defect of the bench; please report it.`;
  return { level: 'warning', code: 'conservation', text };
}
