/**
 * Where connections go. Contains only plain values, because a target crosses process boundaries as part of a plan.
 */
export interface Target {
  host: string;
  /** Connections are distributed over them in turn. */
  ports: readonly number[];
  /** Path of the WebSocket endpoint, with its leading slash. */
  path: string;
  /** Null for plain TCP. `servername` is sent as SNI (RFC 6066 section 3). */
  tls: { servername: string } | null;
  /**
   * Host and additional headers of the upgrade request. If missing, Host is the address and there are no other
   * headers.
   */
  request?: { host: string; headers: readonly { name: string; value: string }[] };
}
