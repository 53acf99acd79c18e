import autocannon, { type Client } from 'autocannon';
import { Counts } from '../../measure/counts.ts';

/** Plan of the HTTP leg: GETs of one page over `connections` keep-alive connections, in a closed loop. */
export interface HttpLegPlan {
  url: string;
  /** Host header and TLS server name; null to use the URL's host. */
  host: string | null;
  connections: number;
  durationMs: number;
  /** Whether responses report the cache status in X-Cache-Status. */
  cache: boolean;
}

/**
 * Result of the HTTP leg. `latency` contains sparse counts (see measure/counts.ts) in µs, from writing a
 * request to the end of its response. It includes connecting if the request had to wait for that.
 */
export interface HttpLegCounts {
  durationUs: number;
  /** Number of requests that received a response. */
  requests: number;
  non2xx: number;
  /** Responses by status class: `2xx`, `5xx`; see EXPECTED. */
  statuses: Record<string, number>;
  /** Connections that broke, or ended with an unanswered request. */
  errors: number;
  /** Requests without a response within 10 s. */
  timeouts: number;
  bytesReceived: number;
  latency: Uint32Array;
  cache: Record<string, number> | null;
}

/**
 * Runs the HTTP leg with autocannon: one request at a time on each connection, without correction for
 * coordinated omission.
 *
 * Latencies and errors are derived from client events, not from autocannon's result. Nginx closes a
 * connection after its 1,000th response (keepalive_requests) and announces it in that response. Contrary to
 * RFC 9112 section 9.6, autocannon still writes one more request to that connection, and repeats it on the
 * next. From then on, its own latencies would be measured from the wrong request. The reset that may follow
 * the lost request would count as an error.
 */
export async function runHttpLeg(plan: HttpLegPlan): Promise<HttpLegCounts> {
  const latency = new Counts();
  const cache: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  let requests = 0;
  let errors = 0;
  let timeouts = 0;
  let bytesReceived = 0;
  const startedAt = performance.now();
  let lastAt = startedAt;

  function watch(client: Client): void {
    let sentAt = 0;
    let unanswered = false;
    /** Whether the last response announced that the connection will close. */
    let closing = false;
    /** Whether the last request replaced an unanswered one. That is an error, unless a timeout follows. */
    let broken = false;
    client.on('request', () => {
      broken = unanswered && !closing;
      if (broken) errors++;
      if (unanswered) closing = false;
      unanswered = true;
      sentAt = performance.now();
    });
    client.on('connError', () => {
      if (!closing) errors++;
      closing = false;
      unanswered = false;
    });
    client.on('timeout', () => {
      timeouts++;
      if (broken) errors--;
    });
    client.on('headers', (head) => {
      closing = !head.shouldKeepAlive;
      if (plan.cache) countStatus(cache, head.headers);
    });
    client.on('response', (status, bytes) => {
      lastAt = performance.now();
      latency.record((lastAt - sentAt) * 1e3);
      unanswered = false;
      requests++;
      const kind = status === EXPECTED ? String(status) : `${Math.floor(status / 100)}xx`;
      statuses[kind] = (statuses[kind] ?? 0) + 1;
      bytesReceived += bytes;
    });
  }

  await autocannon({
    url: plan.url,
    ...(plan.host === null ? {} : { headers: { host: plan.host }, servername: plan.host }),
    connections: plan.connections,
    duration: plan.durationMs / 1000,
    setupClient: watch,
  });
  return {
    durationUs: Math.round((lastAt - startedAt) * 1e3),
    requests,
    non2xx: requests - (statuses['2xx'] ?? 0),
    statuses,
    errors,
    timeouts,
    bytesReceived,
    latency: latency.drain(),
    cache: plan.cache ? cache : null,
  };
}

/**
 * Status with which an echo server answers an ordinary GET on its WebSocket path. It shows that the request
 * reached the server without a failure.
 */
const EXPECTED = 426;

/** Counts the cache status. In the list from autocannon's parser, header names and values alternate. */
function countStatus(cache: Record<string, number>, headers: readonly string[]): void {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-cache-status');
  const status = at < 0 ? 'none' : (headers[at + 1] ?? 'none');
  cache[status] = (cache[status] ?? 0) + 1;
}
