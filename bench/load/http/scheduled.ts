import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Counts } from '../../measure/counts.ts';
import { clockSince } from '../clock.ts';
import { makePacer } from '../pacing/pacer.ts';
import { threadWaker } from '../pacing/waker.ts';
import { countStatus, type HttpCounts, type HttpPart, type HttpTarget, statusKind } from './counted.ts';

/** How long to wait for responses after the end of a schedule, in µs. */
const DRAIN_US = 1e6;
const TIMEOUT_US = 10e6;
/** Maximum number of requests sent per event loop iteration, so that responses are read in between. */
const SENT_A_TURN = 64;
const PART_MS = 1000;
/** Interval at which to check whether all responses have arrived. */
const LOOK_MS = 10;

/** GET requests for one page at a constant rate. */
export interface SchedulePlan extends HttpTarget {
  ratePerSecond: number;
  /** Null for a schedule without an end. */
  durationMs: number | null;
  /** The epoch of the reported times, on the clock of `monotonicNs()`. */
  epochNs: string;
}

/** Requests sent on a schedule over keep-alive connections. Each request uses the next free connection. */
export interface ScheduledRequests {
  /** Ends the schedule. The last counts are reported when all responses have arrived, or after one second. */
  stop(): void;
}

/**
 * Sends GET requests at a constant rate, regardless of how fast they are answered. Latency is measured from
 * the time at which a request was due, so it includes the wait for a free connection. autocannon cannot do
 * this: it sends the requests of each second in a burst, and measures latency from the actual send time.
 *
 * @param report called every second with that second's counts, and at the end with the remaining counts
 */
export function sendOnSchedule(plan: SchedulePlan, report: (part: HttpPart) => void): ScheduledRequests {
  const epochNs = BigInt(plan.epochNs);
  const clock = clockSince(epochNs);
  const isTls = plan.url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: plan.connections, scheduling: 'fifo' } as const;
  const agent = isTls
    ? new https.Agent({ ...options, rejectUnauthorized: false, servername: plan.host ?? '' })
    : new http.Agent(options);
  const get = isTls ? https.get : http.get;
  const headers = plan.host === null ? {} : { host: plan.host };
  const startUs = clock();
  const pacer = makePacer(
    { kind: 'open', ratePerSecond: plan.ratePerSecond, arrivals: 'uniform' },
    startUs,
    0,
    1,
    0,
  );
  let untilUs = plan.durationMs === null ? Number.POSITIVE_INFINITY : startUs + plan.durationMs * 1e3;
  /** Due times of queued requests. The first `served` of them have already been sent. */
  const waiting: number[] = [];
  let served = 0;
  /** Requests in progress, and when each was due. */
  const sent = new Map<ClientRequest, number>();
  const latency = new Counts();
  let counts = noCounts(plan.cache);
  let due = 0;
  let fromUs = startUs;
  const waker = threadWaker(epochNs, pump);
  /** Whether waiting requests will be sent in the next iteration of the event loop. */
  let isPlanned = false;
  const unanswered = () => sent.size + waiting.length - served;

  function pump(): void {
    const nowUs = clock();
    for (; pacer.dueUs <= nowUs && pacer.dueUs < untilUs; pacer.advance()) {
      due++;
      waiting.push(pacer.dueUs);
    }
    sendWaiting();
    if (pacer.dueUs < untilUs) waker.wakeAt(Math.max(pacer.dueUs, nowUs));
  }

  function sendWaiting(): void {
    isPlanned = false;
    for (let left = SENT_A_TURN; left > 0 && served < waiting.length && sent.size < plan.connections; left--)
      send(waiting[served++] ?? 0);
    if (served < waiting.length) {
      if (sent.size < plan.connections) sendSoon();
      return;
    }
    waiting.length = 0;
    served = 0;
  }

  /**
   * Sends waiting requests in the next iteration of the event loop. By then, a connection that has just
   * received a response is free again.
   */
  function sendSoon(): void {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(sendWaiting);
  }

  function send(dueUs: number): void {
    const request = get(plan.url, { agent, headers }, (response) => receive(request, response, dueUs));
    sent.set(request, dueUs);
    request.on('error', () => settle(request, () => counts.errors++));
  }

  function receive(request: ClientRequest, response: IncomingMessage, dueUs: number): void {
    response.on('data', ({ length }: Buffer) => {
      counts.bytesReceived += length;
    });
    response.on('error', () => settle(request, () => counts.errors++));
    response.on('end', () =>
      settle(request, () => {
        latency.record(clock() - dueUs);
        counts.requests++;
        const kind = statusKind(response.statusCode ?? 0);
        counts.statuses[kind] = (counts.statuses[kind] ?? 0) + 1;
        if (counts.cache !== null) countStatus(counts.cache, response.rawHeaders);
      }),
    );
  }

  /** Calls `count` when a request has ended, but only once for each request. */
  function settle(request: ClientRequest, count: () => void): void {
    if (!sent.delete(request)) return;
    count();
    sendSoon();
  }

  function giveUpLate(): void {
    const nowUs = clock();
    for (const [request, dueUs] of sent)
      if (nowUs - dueUs > TIMEOUT_US) {
        settle(request, () => counts.timeouts++);
        request.destroy();
      }
  }

  function endPart(isLast: boolean): void {
    const toUs = Math.max(fromUs, Math.min(clock(), untilUs));
    const durationUs = Math.round(toUs - fromUs);
    const non2xx = counts.requests - (counts.statuses['2xx'] ?? 0);
    report({
      startUs: Math.round(fromUs),
      endUs: Math.round(toUs),
      due,
      unanswered: unanswered(),
      isLast,
      counts: { ...counts, durationUs, non2xx, latency: latency.drain() },
    });
    counts = noCounts(plan.cache);
    due = 0;
    fromUs = toUs;
  }

  const parts = setInterval(() => {
    giveUpLate();
    endPart(false);
  }, PART_MS);
  let isStopped = false;

  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    untilUs = Math.min(untilUs, clock());
    clearInterval(parts);
    // Counts the requests that became due while this process was behind schedule.
    pump();
    const look = setInterval(() => {
      if (unanswered() > 0 && clock() < untilUs + DRAIN_US) return;
      clearInterval(look);
      waker.close();
      endPart(true);
      agent.destroy();
    }, LOOK_MS);
  }

  if (plan.durationMs !== null) setTimeout(stop, plan.durationMs);
  waker.wakeAt(pacer.dueUs);
  return { stop };
}

function noCounts(hasCache: boolean): Omit<HttpCounts, 'durationUs' | 'non2xx' | 'latency'> {
  return {
    requests: 0,
    statuses: {},
    errors: 0,
    timeouts: 0,
    bytesReceived: 0,
    cache: hasCache ? {} : null,
  };
}
