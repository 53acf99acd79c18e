import * as v from 'valibot';

/**
 * What a run puts load on: a topology that the run starts, or a server that already runs. Of the latter, nothing
 * but its answers is observed.
 */
export const plannedTargetSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('sandbox') }),
  v.strictObject({ kind: v.literal('external'), url: v.string() }),
]);
export type PlannedTarget = v.InferOutput<typeof plannedTargetSchema>;

/** Where to connect. Contains only plain values, because it is passed between processes as part of a plan. */
export interface Target {
  host: string;
  /** Ports to which connections are distributed round-robin. */
  ports: readonly number[];
  /** Path of the WebSocket endpoint, including the leading slash. */
  path: string;
  /** TLS settings; null for plain TCP. `servername` is sent as SNI (RFC 6066 section 3). */
  tls: { servername: string } | null;
  /**
   * Host and additional headers for the upgrade request. If missing, Host is the address and there are no
   * additional headers.
   */
  request?: { host: string; headers: readonly { name: string; value: string }[] };
}
