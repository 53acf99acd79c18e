import * as v from 'valibot';

/**
 * What counts as the answer to a message: its exact echo, any message (in order), or nothing, because no
 * answer is expected.
 */
export const EXPECTATIONS = ['echo', 'any', 'none'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/**
 * How an external server's certificate is verified: against the system's CA certificates, against a CA file,
 * or not at all.
 */
export const certificateCheckSchema = v.variant('by', [
  v.strictObject({ by: v.literal('system') }),
  v.strictObject({ by: v.literal('file'), path: v.string() }),
  v.strictObject({ by: v.literal('nothing') }),
]);

/**
 * Target of a run's load: a topology that the run starts, or an external server, of which only the answers are
 * observed.
 */
export const plannedTargetSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('sandbox') }),
  v.strictObject({
    kind: v.literal('external'),
    /** Address without the query, which may be secret. */
    url: v.string(),
    expect: v.optional(v.picklist(EXPECTATIONS), 'echo'),
    /** Null without TLS. */
    certificate: v.optional(v.nullable(certificateCheckSchema), null),
    /** Subprotocols to offer, in order of preference (RFC 6455 section 1.9). */
    subprotocols: v.optional(v.array(v.string()), []),
    /** Whether the server is on another host. The load on a remote server is limited to what was allowed. */
    isRemote: v.optional(v.boolean(), false),
  }),
]);
export type PlannedTarget = v.InferOutput<typeof plannedTargetSchema>;
export type ExternalTarget = Extract<PlannedTarget, { kind: 'external' }>;

/** Returns what counts as an answer. The servers of the sandbox always echo. */
export function expectationOf(target: PlannedTarget): Expectation {
  return target.kind === 'external' ? target.expect : 'echo';
}

/** Whether connections to the target come from the loopback addresses that a run assigns to its generator. */
export function usesAssignedAddresses(target: PlannedTarget): boolean {
  return target.kind === 'sandbox' || !(target.isRemote || new URL(target.url).hostname.startsWith('['));
}

/** Where to connect. Contains only plain values, because it is passed between processes as part of a plan. */
export interface Target {
  host: string;
  /** Ports to which connections are distributed round-robin. */
  ports: readonly number[];
  /** Path of the WebSocket endpoint, including the leading slash. */
  path: string;
  /**
   * TLS settings; null for plain TCP. `servername` is sent as SNI (RFC 6066 section 3). It is empty for a server
   * that is known only by its address. If `verifyWith` is set, every connection verifies the server's
   * certificate with these authorities (PEM).
   */
  tls: { servername: string; verifyWith?: string | null } | null;
  /**
   * Host, additional headers and offered subprotocols for the upgrade request. If this property is missing,
   * Host is the address and nothing is added.
   */
  request?: {
    host: string;
    headers: readonly { name: string; value: string }[];
    subprotocols?: readonly string[];
  };
}
