import autocannon, { type Client } from 'autocannon';
import { Counts } from '../../measure/counts.ts';
import { countStatus, type HttpCounts, type HttpTarget, statusKind } from './counted.ts';

/** GET requests for one page over `connections` keep-alive connections, in a closed loop. */
export interface HttpLegPlan extends HttpTarget {
  durationMs: number;
}

/**
 * Runs the HTTP leg with autocannon: one request at a time per connection, without correction for coordinated
 * omission.
 */
export async function runHttpLeg(plan: HttpLegPlan): Promise<HttpCounts> {
  const tally = startTally(plan.cache);
  await autocannon({
    url: plan.url,
    ...(plan.host === null ? {} : { headers: { host: plan.host }, servername: plan.host }),
    connections: plan.connections,
    duration: plan.durationMs / 1000,
    setupClient: tally.watch,
  });
  return tally.counts();
}

interface Tally {
  /** Starts counting a client's requests, responses and errors. */
  watch(client: Pick<Client, 'on'>): void;
  counts(): HttpCounts;
}

/**
 * Derives latencies and errors from client events instead of autocannon's result. Nginx closes a
 * connection after its 1,000th response (keepalive_requests) and announces this in that response. Contrary to
 * RFC 9112 section 9.6, autocannon still writes one more request to that connection, and repeats it on the
 * next connection. From then on, autocannon measures latencies from the wrong request. It would also count
 * the reset that may follow the lost request as an error.
 *
 * @param hasCache whether to count cache statuses
 */
export function startTally(hasCache: boolean): Tally {
  const latency = new Counts();
  const cache: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  let requests = 0;
  let errors = 0;
  let timeouts = 0;
  let bytesReceived = 0;
  const startedAt = performance.now();
  let lastAt = startedAt;

  function watch(client: Pick<Client, 'on'>): void {
    let sentAt = 0;
    let unanswered = false;
    /** Whether the last response announced that the connection will be closed. */
    let closing = false;
    /**
     * Whether the last request replaced an unanswered one; this is an error unless a `timeout` event follows.
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
      if (hasCache) countStatus(cache, head.headers);
    });
    client.on('response', (status, bytes) => {
      lastAt = performance.now();
      latency.record((lastAt - sentAt) * 1e3);
      unanswered = false;
      requests++;
      const kind = statusKind(status);
      statuses[kind] = (statuses[kind] ?? 0) + 1;
      bytesReceived += bytes;
    });
  }

  return {
    watch,
    counts: () => ({
      durationUs: Math.round((lastAt - startedAt) * 1e3),
      requests,
      non2xx: requests - (statuses['2xx'] ?? 0),
      statuses,
      errors,
      timeouts,
      bytesReceived,
      latency: latency.drain(),
      cache: hasCache ? cache : null,
    }),
  };
}
