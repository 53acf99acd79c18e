/** Where connections go. Plain values: a target crosses process boundaries as part of a plan. */
export interface Target {
  host: string;
  /** Connections are dealt out over them in turn. */
  ports: readonly number[];
  /** Path of the WebSocket endpoint, with its leading slash. */
  path: string;
  /** Null: plain TCP. `servername`: sent as SNI (RFC 6066 section 3). */
  tls: { servername: string } | null;
  /** Value of Host, and more headers of the upgrade request; left out: Host is the address, and no more. */
  request?: { host: string; headers: readonly { name: string; value: string }[] };
}
