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
