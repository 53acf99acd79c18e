import autocannon, { type Client } from 'autocannon';
import { Counts } from '../../measure/counts.ts';

/** What the HTTP leg asks for: GETs of one page over `connections` keep-alive connections, closed loop. */
export interface HttpLegPlan {
  url: string;
  /** Host header and name for TLS; null: those of the URL. */
  host: string | null;
  connections: number;
  durationMs: number;
  /** Whether responses tell in X-Cache-Status what the cache did. */
  cache: boolean;
}

/**
 * What came of it; `latency` as sparse counts (see measure/counts.ts), µs, from the writing of a request to
 * the end of its response, with the connecting where the request had to wait for it.
 */
export interface HttpLegCounts {
  durationUs: number;
  /** That were answered. */
  requests: number;
  non2xx: number;
  /** The same by the class of their status: `2xx`, `5xx`; see EXPECTED. */
  statuses: Record<string, number>;
  /** Connections that broke, or ended with a request unanswered. */
  errors: number;
  /** Requests without a response within 10 s. */
  timeouts: number;
  bytesReceived: number;
  latency: Uint32Array;
  cache: Record<string, number> | null;
}

/**
 * Runs the HTTP leg with autocannon: one request at a time on each connection, nothing corrected for
 * omission.
 *
 * Latencies and errors are told from the events of its clients, not taken from its result. Nginx ends a
 * connection with its 1,000th response (keepalive_requests) and says so in that response; autocannon writes
 * one more request to it nevertheless, against RFC 9112 section 9.6, and again to the connection after it.
 * Its own latencies would count from the wrong request ever after, and the reset that the lost request may
 * meet would be an error.
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
    /** The last response said that its connection ends with it. */
    let closing = false;
    /** The last request took the place of one that was not answered: an error, unless a timeout follows. */
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

/** What an echo server answers an ordinary GET with on a path of its WebSockets: it was reached, and nothing failed. */
const EXPECTED = 426;

/** Header names and values alternate in the list that autocannon's parser gives. */
function countStatus(cache: Record<string, number>, headers: readonly string[]): void {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-cache-status');
  const status = at < 0 ? 'none' : (headers[at + 1] ?? 'none');
  cache[status] = (cache[status] ?? 0) + 1;
}
