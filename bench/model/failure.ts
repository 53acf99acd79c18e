import * as v from 'valibot';
import type { Facts } from './finding.ts';

/** The stage a connection had reached when it failed. */
export const FAILURE_STAGES = ['tcp', 'tls', 'upgrade', 'open'] as const;
export type FailureStage = (typeof FAILURE_STAGES)[number];

/**
 * What went wrong with one connection:
 * - `refused`, `reset`, `connect-timeout`, `tls`: before the HTTP upgrade;
 * - `status-<n>`: the upgrade was answered with HTTP status n instead of 101;
 * - `bad-accept`: Sec-WebSocket-Accept is wrong or missing (RFC 6455 section 4.1);
 * - `protocol-error`: bytes that are neither an HTTP response nor a valid frame;
 * - `echo-timeout`, `mismatch`, `out-of-order`: the echo did not arrive, differs, or arrived in the wrong order;
 * - `closed-<code>`: closed by the peer; 1006 without a close frame (RFC 6455 section 7.1.5);
 * - `cut`: ended by the client itself, as its scenario says;
 * - `no-ports`, `no-files`: the generator's own limits (EADDRNOTAVAIL, EMFILE);
 * - `system-<code>`: any other error of the operating system, by its name.
 */
export type FailureKind =
  | 'refused'
  | 'reset'
  | 'connect-timeout'
  | 'tls'
  | 'bad-accept'
  | 'protocol-error'
  | 'echo-timeout'
  | 'mismatch'
  | 'out-of-order'
  | 'cut'
  | 'no-ports'
  | 'no-files'
  | `status-${number}`
  | `closed-${number}`
  | `system-${string}`;

/** The HTTP status or the close code in a kind: 426 of `status-426`; null where it has none. */
export function numberIn(kind: string, what: 'status' | 'closed'): number | null {
  const number = kind.startsWith(`${what}-`) ? Number(kind.slice(what.length + 1)) : Number.NaN;
  return Number.isInteger(number) ? number : null;
}

/** Failures counted by stage and kind. The key is `<stage>/<kind>`, such as `upgrade/status-503`. */
export type FailureCounts = Record<string, number>;
export const failureKey = v.pipe(v.string(), v.regex(/^(tcp|tls|upgrade|open)\/[A-Za-z0-9_-]{1,64}$/));
export const failureCountsSchema = v.record(failureKey, v.pipe(v.number(), v.integer(), v.minValue(0)));

/** Why the bench could not do what was asked. `message` is a sentence for the user, with the remedy. */
export type ProblemKind =
  | 'usage' // wrong option, profile or number: exit code 2
  | 'environment' // missing binary or permissions, limits, full disk
  | 'configuration' // rejected by nginx -t
  | 'died' // a process of the topology ended during a run
  | 'result'; // a result file that cannot be read

/**
 * An error whose message is meant for the user: what is wrong, where, and what to do. Any other exception is a
 * defect of the bench itself.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** Which of its kind, for code that has to know; null if none does. Code never reads the message. */
  readonly code: string | null;
  /** What code needs to know about it. */
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
