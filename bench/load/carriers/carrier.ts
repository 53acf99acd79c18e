/**
 * Transports the bytes of a WebSocket over TCP or TLS. The connection layer above knows the protocol (RFC
 * 6455) but not the sockets; the carrier knows the sockets but not the protocol. There is one file per
 * engine, because the fastest way to read and write differs between engines.
 */
export interface Carrier {
  /**
   * Passes the first `bytes` of `buffer` to the system. Returns true if all were accepted and the buffer can
   * be reused. Returns false if the carrier keeps the buffer, which must then not change. The carrier calls
   * `drained` when the rest is accepted. Until then, nothing more may be written.
   */
  write(buffer: Buffer, bytes: number): boolean;
  /** Stops reading until `resume`. Data that the peer sends meanwhile fills the system's buffers. */
  pause(): void;
  resume(): void;
  /** Sends FIN (TLS: close_notify first) and closes. Must not be called while a write waits for `drained`. */
  end(): void;
  /** Closes at once and discards unsent data. No event follows. */
  destroy(): void;
}

/**
 * Events of a carrier, in this order: `connected`, then `secured` with TLS, then `data` and `drained` in any
 * order, and finally either `closed` or `error`. No event is emitted during the call that opens the carrier.
 */
export interface CarrierEvents {
  /** Called when TCP is connected. */
  connected(): void;
  /** Called when the TLS handshake is complete. `alpn` is the negotiated protocol (RFC 7301), or null. */
  secured(alpn: string | null): void;
  /**
   * Called when bytes arrive: `from` ≤ index < `to`. They are valid only during the call, because the buffer
   * is reused.
   */
  data(buffer: Buffer, from: number, to: number): void;
  /** Called when the rest of a write has been accepted. */
  drained(): void;
  /** Called when the peer ended or closed the connection. */
  closed(): void;
  /**
   * Called when the connection fails. `code` comes from the system or the TLS library (`ECONNREFUSED`); null
   * if there is none.
   */
  error(code: string | null): void;
}

/**
 * Local endpoint of a connection. The port is explicit, because the kernel's search for a free one takes
 * milliseconds once half of an address's ports are in use.
 */
export interface Source {
  localAddress: string;
  /** Local port; 0 lets the system choose. */
  localPort: number;
}

/** TLS settings of a carrier. */
export interface CarrierTls {
  /** Server name sent as SNI. If the certificate is verified, it must be valid for this name. */
  servername: string;
  /** Protocols offered via ALPN, in order of preference. */
  alpn: readonly string[];
  /** Certificate authorities in PEM format used to verify the certificate; null skips verification. */
  ca: string | null;
  /** Session of an earlier connection to resume (RFC 8446 section 2.2); null for a full handshake. */
  session: Buffer | null;
}

/** Opens one carrier. If `source` is null, the system chooses the local endpoint. */
export type OpenCarrier = (source: Source | null, port: number, events: CarrierEvents) => Carrier;
