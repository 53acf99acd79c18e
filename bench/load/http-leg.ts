import autocannon from 'autocannon';
import { Counts } from '../measure/counts.ts';

/** What the HTTP leg asks for: GETs of one page over `connections` keep-alive connections, closed loop. */
export interface HttpLegPlan {
  url: string;
  connections: number;
  durationMs: number;
  /** Whether responses tell in X-Cache-Status what the cache did. */
  cache: boolean;
}

/** What came of it; `latency` as sparse counts (see measure/counts.ts), µs. */
export interface HttpLegCounts {
  durationUs: number;
  requests: number;
  non2xx: number;
  errors: number;
  timeouts: number;
  bytesReceived: number;
  latency: Uint32Array;
  cache: Record<string, number> | null;
}

/**
 * Runs the HTTP leg with autocannon. Latencies are taken from its `response` events, in ms with
 * fractions, into a histogram of our own in µs; no rate is set, so nothing is corrected for omission.
 */
export async function runHttpLeg(plan: HttpLegPlan): Promise<HttpLegCounts> {
  const latency = new Counts();
  const cache: Record<string, number> = {};
  let requests = 0;
  let non2xx = 0;
  let bytesReceived = 0;
  const startedAt = performance.now();
  let lastAt = startedAt;
  const instance = autocannon({
    url: plan.url,
    connections: plan.connections,
    duration: plan.durationMs / 1000,
    setupClient(client) {
      client.on('headers', (head) => {
        if (plan.cache) countStatus(cache, head.headers);
      });
    },
  });
  instance.on('response', (_client, status, bytes, milliseconds) => {
    requests++;
    if (status < 200 || status > 299) non2xx++;
    bytesReceived += bytes;
    latency.record(milliseconds * 1e3);
    lastAt = performance.now();
  });
  const { errors, timeouts } = await instance;
  return {
    durationUs: Math.round((lastAt - startedAt) * 1e3),
    requests,
    non2xx,
    errors,
    timeouts,
    bytesReceived,
    latency: latency.drain(),
    cache: plan.cache ? cache : null,
  };
}

/** Header names and values alternate in the list that autocannon's parser gives. */
function countStatus(cache: Record<string, number>, headers: readonly string[]): void {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-cache-status');
  const status = at < 0 ? 'none' : (headers[at + 1] ?? 'none');
  cache[status] = (cache[status] ?? 0) + 1;
}
