import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, monotonicNs } from '../load/clock.ts';
import type { HttpCounts, HttpPart, HttpTarget } from '../load/http/counted.ts';
import type { HttpCommand, HttpReport } from '../load/http/http-worker.ts';
import { encodePairs } from '../measure/histogram.ts';
import { mergePairs } from '../measure/pairs.ts';
import { Problem } from '../model/failure.ts';
import type { HttpLeg, HttpLoad } from '../model/run.ts';
import { startHttpWorker } from '../topology/generators.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { ReachableServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import type { RunContext } from './context.ts';
import type { HttpRequests } from './timeline.ts';

/** Time allowed for the last report of the process that sends the HTTP requests. */
const LAST_REPORT_MS = 5_000;

/**
 * Sends the ordinary HTTP requests that precede the load of a run, and counts those that reached the echo servers.
 *
 * @throws Problem('usage') if the timeline includes HTTP requests and the target has no page for them
 */
export async function runHttpLeg(
  { plan, signal, emit }: RunContext,
  target: StartedTarget,
  servers: readonly ReachableServer[],
  processSet: ProcessSet,
): Promise<HttpLeg | null> {
  const { page } = target;
  if (page === null && plan.timeline.some(({ action }) => action.kind === 'start-http')) {
    throw new Problem(
      'usage',
      `The scenario ${plan.workload.scenario} also sends ordinary HTTP requests, but the configuration has no location for them. Add one, such as location / { proxy_pass http://backend; }, to the server that carries the WebSockets.`,
    );
  }
  if (plan.http === null || page === null) return null;
  await emit({ type: 'phase', phase: 'http' });
  const before = await requestsOf(servers);
  signal.throwIfAborted();
  const { durationMs, ratePerSecond } = plan.http;
  const worker = startHttpWorker<HttpCommand, HttpReport>(processSet, plan.placement?.generator ?? null);
  const gathered = makeGathered();
  const ended = new Promise<void>((resolve) =>
    worker.onReport((report) => {
      gathered.add(report);
      if (!('isLast' in report) || report.isLast) resolve();
    }),
  );
  const to = requestTarget(plan.http.connections, target, page);
  worker.send(
    ratePerSecond === null
      ? { ...to, durationMs }
      : { ...to, durationMs, ratePerSecond, epochNs: String(monotonicNs()) },
  );
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const died = worker.launched.exited.then(() => processSet.unexpectedExit);
  const reason = await Promise.race([ended, died, stopped]);
  signal.throwIfAborted();
  if (typeof reason === 'string')
    throw new Problem(
      'died',
      `${reason} This happened while HTTP requests were being sent, before the WebSockets were opened.`,
    );
  await processSet.retire(worker.launched);
  return gathered.leg(plan.http, page.shown, (await requestsOf(servers)) - before);
}

/** The HTTP requests during the load of a run, and the process that sends them. */
export interface HttpAlongside extends HttpRequests {
  readonly launched: Launched;
  /** Returns the results so far; null if no HTTP request has been sent. */
  soFar(): HttpLoad | null;
}

/**
 * Starts the process for the HTTP requests that the timeline includes; null if it includes none. The process
 * exists from the beginning, so that its start does not disturb the load.
 */
export function prepareHttp(
  { plan }: RunContext,
  target: StartedTarget,
  servers: readonly ReachableServer[],
  processSet: ProcessSet,
  epochNs: bigint,
  clock: Clock,
): HttpAlongside | null {
  const { http } = plan;
  const { page } = target;
  if (!plan.timeline.some(({ action }) => action.kind === 'start-http')) return null;
  if (http === null || http.ratePerSecond === null || page === null)
    throw new TypeError('no HTTP requests are planned');
  const { ratePerSecond } = http;
  const worker = startHttpWorker<HttpCommand, HttpReport>(processSet, plan.placement?.generator ?? null);
  const gathered = makeGathered();
  let startUs: number | null = null;
  let requestsBefore = 0;
  let backendRequests: number | null = null;
  let ended: Promise<unknown> | null = null;
  return {
    launched: worker.launched,
    async start() {
      requestsBefore = await requestsOf(servers);
      startUs = Math.round(clock());
      const last = new Promise<void>((resolve) =>
        worker.onReport((report) => {
          gathered.add(report);
          if ('isLast' in report && report.isLast) resolve();
        }),
      );
      ended = Promise.race([last, worker.launched.exited]);
      const to = requestTarget(http.connections, target, page);
      worker.send({ ...to, ratePerSecond, durationMs: null, epochNs: String(epochNs) });
    },
    async stop() {
      if (ended === null) return;
      worker.send('stop');
      await Promise.race([ended, sleep(LAST_REPORT_MS, undefined, { ref: false })]);
      ended = null;
      backendRequests = await requestsOf(servers).then(
        (requests) => requests - requestsBefore,
        () => null,
      );
    },
    soFar: () =>
      startUs === null
        ? null
        : {
            startUs,
            endUs: gathered.parts().at(-1)?.endUs ?? startUs,
            total: gathered.leg(http, page.shown, backendRequests),
            course: gathered
              .parts()
              .flatMap(({ startUs, endUs, counts: { requests, latency } }) =>
                endUs > startUs ? [{ startUs, endUs, requests, latency: encodePairs(latency) }] : [],
              ),
          },
  };
}

function requestTarget(
  connections: number,
  { host, ports, tls, request }: StartedTarget,
  { path, cached }: NonNullable<StartedTarget['page']>,
): HttpTarget {
  const scheme = tls === null ? 'http' : 'https';
  const url = `${scheme}://${host}:${ports[0]}${path}`;
  return { url, host: request?.host ?? null, connections, cache: cached };
}

interface Gathered {
  add(report: HttpReport): void;
  parts(): readonly HttpPart[];
  leg(plan: NonNullable<RunContext['plan']['http']>, path: string, backendRequests: number | null): HttpLeg;
}

/** Adds up the reports of the process that sends the HTTP requests. */
function makeGathered(): Gathered {
  let total: HttpCounts = {
    durationUs: 0,
    requests: 0,
    non2xx: 0,
    statuses: {},
    errors: 0,
    timeouts: 0,
    bytesReceived: 0,
    latency: new Uint32Array(),
    cache: null,
  };
  const parts: HttpPart[] = [];
  return {
    add(report) {
      if ('counts' in report) parts.push(report);
      total = sumOf(total, 'counts' in report ? report.counts : report);
    },
    parts: () => parts,
    leg({ connections, ratePerSecond }, path, backendRequests) {
      const { latency, ...counts } = total;
      return {
        ...counts,
        path,
        connections,
        schedule:
          ratePerSecond === null
            ? null
            : {
                ratePerSecond,
                due: parts.reduce((sum, { due }) => sum + due, 0),
                unanswered: parts.at(-1)?.unanswered ?? 0,
              },
        requestsPerSecond: counts.durationUs === 0 ? 0 : (counts.requests * 1e6) / counts.durationUs,
        latency: encodePairs(latency),
        backendRequests,
      };
    },
  };
}

function sumOf(a: HttpCounts, b: HttpCounts): HttpCounts {
  return {
    durationUs: a.durationUs + b.durationUs,
    requests: a.requests + b.requests,
    non2xx: a.non2xx + b.non2xx,
    statuses: sumByName(a.statuses, b.statuses),
    errors: a.errors + b.errors,
    timeouts: a.timeouts + b.timeouts,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    latency: mergePairs(a.latency, b.latency),
    cache: a.cache === null || b.cache === null ? (a.cache ?? b.cache) : sumByName(a.cache, b.cache),
  };
}

function sumByName(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

async function requestsOf(servers: readonly ReachableServer[]): Promise<number> {
  const stats = await Promise.all(servers.map((server) => server.stats()));
  // Servers without counters count as 0, because no HTTP requests are sent to them.
  return stats.reduce((sum, stat) => sum + (stat?.httpRequests ?? 0), 0);
}
