import type { HttpLeg, HttpLoad, Run } from '../model/run.ts';
import { ratio, total } from './arithmetic.ts';
import { decode, type Summary, summarise } from './histogram.ts';
import { type ByComponent, cpuUsByComponent, mapComponents } from './processes.ts';
import { mergeSlices, phaseSpan, type Span, seconds, slicesOf } from './span.ts';

export interface HttpFigures {
  /** Requests answered with a 2xx status. `requestsPerSecond` counts only these. */
  succeeded: number;
  /**
   * Requests answered with a 4xx or 5xx status, or not at all. A 426 from an echo server is not a failure,
   * because the request reached the server.
   */
  failed: number;
  /** Response counts by status class, such as `2xx`; null if the run did not record them. */
  statuses: Record<string, number> | null;
  requestsPerSecond: number;
  latency: Summary;
  /**
   * Share of responses served from the cache (X-Cache-Status: HIT), 0 to 1; null if the profile has no cache,
   * or if any requests failed.
   */
  cacheHitShare: number | null;
  /**
   * Requests that an echo server answered with a 2xx status. Null if any requests failed, because they may or
   * may not have reached an echo server.
   */
  backend: number | null;
}

/** Figures for the part of the load with HTTP requests, or for the part without them. */
export interface PartFigures {
  /** Response time and send lag of the WebSocket messages, in µs. */
  response: Summary;
  sendLag: Summary;
  /** CPU time of each component, in cores. */
  cores: ByComponent;
}

/** Figures for a run with HTTP requests during a part of its load. */
export interface HttpLoadFigures extends HttpFigures {
  span: Span;
  /**
   * Number of requests that were due on the schedule, and number of requests that were unanswered at the end.
   */
  due: number;
  unanswered: number;
  /** Whether all requests are accounted for: due = answered + broken (or timed out) + unanswered. */
  conserved: boolean;
  /**
   * `without` covers the steady phase before and after the requests, but its CPU time covers only the part
   * before them.
   */
  with: PartFigures;
  without: PartFigures;
}

/** Derives the figures of HTTP requests during the load; null if the run had none. */
export function httpLoadOf(run: Run): HttpLoadFigures | null {
  const { httpLoad } = run;
  const steady = phaseSpan(run, 'steady');
  if (httpLoad === null || steady === null) return null;
  const { startUs, endUs, total: leg } = httpLoad;
  const { due, unanswered } = leg.schedule ?? {
    due: leg.requests + leg.errors + leg.timeouts,
    unanswered: 0,
  };
  const slices = slicesOf(run, 'steady', 'drain');
  const isWith = ({ startUs: from, endUs: to }: Span) =>
    (from + to) / 2 >= startUs && (from + to) / 2 < endUs;
  const partOf = (isPart: (slice: Span) => boolean, span: Span): PartFigures => {
    const own = slices.filter(isPart);
    return {
      response: summarise(mergeSlices(own, 'response')),
      sendLag: summarise(mergeSlices(own, 'sendLag')),
      cores: mapComponents(cpuUsByComponent(run, span), (us) => ratio(us / 1e6, seconds(span))),
    };
  };
  return {
    ...httpFigures(leg),
    span: { startUs, endUs },
    due,
    unanswered,
    conserved: due === leg.requests + leg.errors + leg.timeouts + unanswered,
    with: partOf(isWith, { startUs, endUs }),
    without: partOf((slice) => !isWith(slice), {
      startUs: Math.min(steady.startUs, startUs),
      endUs: startUs,
    }),
  };
}

/**
 * Returns the median latency of the HTTP responses in µs, for each second in which requests were sent. `atUs`
 * is the middle of that second, in µs since the run's epoch.
 */
export function httpCourse({ course }: HttpLoad): { atUs: number; p50Us: number | null }[] {
  return course.map(({ startUs, endUs, latency }) => ({
    atUs: (startUs + endUs) / 2,
    p50Us: summarise(decode(latency)).p50,
  }));
}

/** Derives the figures of the HTTP requests sent before or during the load. */
export function httpFigures(leg: HttpLeg): HttpFigures {
  const succeeded = leg.requests - leg.non2xx;
  const { statuses, durationUs, errors, timeouts } = leg;
  const refused = statuses === null ? leg.non2xx : (statuses['4xx'] ?? 0) + (statuses['5xx'] ?? 0);
  const failed = refused + errors + timeouts;
  return {
    succeeded,
    failed,
    statuses,
    requestsPerSecond: ratio(succeeded * 1e6, durationUs) ?? 0,
    latency: summarise(decode(leg.latency)),
    cacheHitShare:
      leg.cache === null || failed > 0 ? null : ratio(leg.cache.HIT ?? 0, total(Object.values(leg.cache))),
    // The servers also count requests that were still in flight when the HTTP leg ended.
    backend: leg.backendRequests === null || failed > 0 ? null : Math.min(leg.backendRequests, succeeded),
  };
}
