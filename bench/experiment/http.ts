import type { HttpLegCounts, HttpLegPlan } from '../load/http/http-leg.ts';
import { encodePairs } from '../measure/pairs.ts';
import { Problem } from '../model/failure.ts';
import type { HttpLeg } from '../model/run.ts';
import { startHttpWorker } from '../topology/generators.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import type { RunContext } from './context.ts';

/**
 * Sends the ordinary HTTP requests of a run to the target, and counts those that reached the echo servers.
 */
export async function runHttpLeg(
  { plan, signal, emit }: RunContext,
  { host, ports, page, tls, request }: StartedTarget,
  servers: readonly EchoServer[],
  processSet: ProcessSet,
): Promise<HttpLeg | null> {
  if (plan.http === null || page === null) return null;
  await emit({ type: 'phase', phase: 'http' });
  const before = await requestsOf(servers);
  signal.throwIfAborted();
  const worker = startHttpWorker<HttpLegPlan, HttpLegCounts>(processSet, plan.placement?.generator ?? null);
  const counted = new Promise<HttpLegCounts>((resolve) => worker.onReport(resolve));
  const scheme = tls === null ? 'http' : 'https';
  worker.send({
    ...plan.http,
    url: `${scheme}://${host}:${ports[0]}${page.path}`,
    host: request?.host ?? null,
    cache: page.cached,
  });
  const stopped = new Promise<null>((resolve) =>
    signal.addEventListener('abort', () => resolve(null), { once: true }),
  );
  const died = worker.launched.exited.then(() => processSet.unexpectedExit);
  const counts = await Promise.race([counted, died, stopped]);
  signal.throwIfAborted();
  if (typeof counts === 'string') throw new Problem('died', `${counts} This happened during the HTTP leg.`);
  if (counts === null) throw new TypeError('only the signal stops the HTTP leg');
  await processSet.retire(worker.launched);
  const { latency, ...rest } = counts;
  return {
    ...rest,
    path: page.shown,
    connections: plan.http.connections,
    requestsPerSecond: rest.durationUs === 0 ? 0 : (rest.requests * 1e6) / rest.durationUs,
    latency: encodePairs(latency),
    backendRequests: (await requestsOf(servers)) - before,
  };
}

async function requestsOf(servers: readonly EchoServer[]): Promise<number> {
  const stats = await Promise.all(servers.map((server) => server.stats()));
  // A server without counters is sent no HTTP requests.
  return stats.reduce((sum, stat) => sum + (stat?.httpRequests ?? 0), 0);
}
