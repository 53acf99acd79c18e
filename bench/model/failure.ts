import * as v from 'valibot';
import type { Facts } from './finding.ts';

/** The stage that a connection had reached when it failed. */
export const FAILURE_STAGES = ['tcp', 'tls', 'upgrade', 'open'] as const;
export type FailureStage = (typeof FAILURE_STAGES)[number];

/**
 * The kinds of connection failure:
 * - `refused`, `reset`, `connect-timeout`, `tls`: the connection failed before the HTTP upgrade;
 * - `status-<n>`: the server answered the upgrade request with HTTP status n instead of 101;
 * - `bad-accept`: Sec-WebSocket-Accept was wrong or missing (RFC 6455 section 4.1);
 * - `bad-subprotocol`: the server chose no subprotocol, or one that was not offered;
 * - `protocol-error`: the bytes received were neither an HTTP response nor a valid frame;
 * - `echo-timeout`, `mismatch`, `out-of-order`: the echo did not arrive, differed from the message, or
 *   arrived out of order;
 * - `close-timeout`: the closing handshake was not completed in time;
 * - `closed-<code>`: the peer closed the connection; 1006 means that no close frame was received (RFC 6455
 *   section 7.1.5);
 * - `cut`: the client itself dropped the connection, as its scenario requires;
 * - `no-ports`, `no-files`: the generator reached its own limits (EADDRNOTAVAIL, EMFILE);
 * - `system-<code>`: any other operating system error, by name.
 */
export type FailureKind =
  | 'refused'
  | 'reset'
  | 'connect-timeout'
  | 'tls'
  | 'bad-accept'
  | 'bad-subprotocol'
  | 'protocol-error'
  | 'echo-timeout'
  | 'close-timeout'
  | 'mismatch'
  | 'out-of-order'
  | 'cut'
  | 'no-ports'
  | 'no-files'
  | `status-${number}`
  | `closed-${number}`
  | `system-${string}`;

/**
 * Extracts the HTTP status or close code from a failure kind, such as 426 from `status-426`; null if it has
 * none.
 */
export function numberIn(kind: string, what: 'status' | 'closed'): number | null {
  const number = kind.startsWith(`${what}-`) ? Number(kind.slice(what.length + 1)) : Number.NaN;
  return Number.isInteger(number) ? number : null;
}

/** Number of failures by stage and kind. The key is `<stage>/<kind>`, such as `upgrade/status-503`. */
export type FailureCounts = Record<string, number>;
export const failureKey = v.pipe(v.string(), v.regex(/^(tcp|tls|upgrade|open)\/[A-Za-z0-9_-]{1,64}$/));
export const failureCountsSchema = v.record(failureKey, v.pipe(v.number(), v.integer(), v.minValue(0)));

/** Category of an error that is reported to the user. */
export type ProblemKind =
  | 'usage' // invalid option, profile or number: exit code 2
  | 'environment' // missing binary or permission, system limit, or full disk
  | 'configuration' // rejected by nginx -t
  | 'died' // a process of the topology died during a run
  | 'result'; // a result file that cannot be read

/**
 * An error with a message for the user: what is wrong, where, and how to fix it. Any other exception is a bug
 * in the benchmark itself.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /**
   * Identifies the error to callers that handle it, so that they need not parse the message; null if no
   * caller handles it.
   */
  readonly code: string | null;
  /** Error details for callers that handle the error. */
  readonly data: Facts;
  constructor(
    kind: ProblemKind,
    message: string,
    { code = null, data = {}, ...options }: ErrorOptions & { code?: string | null; data?: Facts } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.data = data;
  }
}
