/** Where HTTP requests go. */
export interface HttpTarget {
  url: string;
  /** Host header and TLS server name; null to use the URL's host. */
  host: string | null;
  connections: number;
  /** Whether responses report the cache status in the X-Cache-Status header. */
  cache: boolean;
}

/**
 * Outcome of HTTP requests. `latency` contains sparse counts (see measure/counts.ts) of durations in µs. A
 * duration begins when a request is written or, on a schedule, when it was due, and ends with the response. It
 * includes the connection time if the request had to wait for a new connection.
 */
export interface HttpCounts {
  durationUs: number;
  /** Number of requests that received a response. */
  requests: number;
  non2xx: number;
  /** Response counts by status class, such as `2xx` or `5xx`; see EXPECTED for an exception. */
  statuses: Record<string, number>;
  /** Number of connections that failed, or that ended before a request was answered. */
  errors: number;
  /** Number of requests without a response within 10 s. */
  timeouts: number;
  bytesReceived: number;
  latency: Uint32Array;
  cache: Record<string, number> | null;
}

/** HTTP counts for one period of a schedule. Its bounds are in µs since the schedule's epoch. */
export interface HttpPart {
  startUs: number;
  endUs: number;
  /**
   * `due` is the number of requests that became due in the period. `unanswered` is the number of requests
   * that were in progress or waiting at the end of the period.
   */
  due: number;
  unanswered: number;
  isLast: boolean;
  counts: HttpCounts;
}

/**
 * Status that an echo server returns for an ordinary GET request to its WebSocket path. It is not a failure:
 * it shows that the request reached the server.
 */
const EXPECTED = 426;

/** Returns the class of a response's status, such as `2xx`. */
export function statusKind(status: number): string {
  return status === EXPECTED ? String(status) : `${Math.floor(status / 100)}xx`;
}

/** Counts a response's cache status. `headers` contains names and values alternately. */
export function countStatus(cache: Record<string, number>, headers: readonly string[]): void {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-cache-status');
  const status = at < 0 ? 'none' : (headers[at + 1] ?? 'none');
  cache[status] = (cache[status] ?? 0) + 1;
}
