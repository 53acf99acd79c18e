import autocannon, { type Client } from 'autocannon';
import { Counts } from '../../measure/counts.ts';

/**
 * Plan of the HTTP leg: GET requests for one page over `connections` keep-alive connections, in a closed
 * loop.
 */
export interface HttpLegPlan {
  url: string;
  /** Host header and TLS server name; null to use the URL's host. */
  host: string | null;
  connections: number;
  durationMs: number;
  /** Whether responses report the cache status in the X-Cache-Status header. */
  cache: boolean;
}

/**
 * Results of the HTTP leg. `latency` contains sparse counts (see measure/counts.ts) in µs, from writing a
 * request to the end of its response. It includes the connection time if the request had to wait for a new
 * connection.
 */
export interface HttpLegCounts {
  durationUs: number;
  /** Number of requests that received a response. */
  requests: number;
  non2xx: number;
  /** Response counts by status class, such as `2xx` or `5xx`; see EXPECTED for an exception. */
  statuses: Record<string, number>;
  /** Number of connections that failed, or ended with a request still unanswered. */
  errors: number;
  /** Number of requests without a response within 10 s. */
  timeouts: number;
  bytesReceived: number;
  latency: Uint32Array;
  cache: Record<string, number> | null;
}

/**
 * Runs the HTTP leg with autocannon: one request at a time per connection, without correction for coordinated
 * omission.
 *
 * Latencies and errors are derived from client events, not from autocannon's result. Nginx closes a
 * connection after its 1,000th response (keepalive_requests) and announces this in that response. Contrary to
 * RFC 9112 section 9.6, autocannon still writes one more request to that connection, and repeats it on the
 * next connection. From then on, autocannon measures latencies from the wrong request. It would also count
 * the reset that may follow the lost request as an error.
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
    /** Whether the last response announced that the connection will be closed. */
    let closing = false;
    /**
     * Whether the last request replaced an unanswered one. This counts as an error, unless a timeout follows.
     */
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
 * Status that an echo server returns for an ordinary GET request to its WebSocket path. It is not a failure:
 * it shows that the request reached the server.
 */
const EXPECTED = 426;

/**
 * Counts the cache status of a response. Header names and values alternate in the list that autocannon's
 * parser provides.
 */
function countStatus(cache: Record<string, number>, headers: readonly string[]): void {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-cache-status');
  const status = at < 0 ? 'none' : (headers[at + 1] ?? 'none');
  cache[status] = (cache[status] ?? 0) + 1;
}
