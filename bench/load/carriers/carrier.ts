/**
 * Transports the bytes of a WebSocket over TCP or TLS. The connection on top knows the protocol (RFC 6455) but no
 * sockets; the carrier knows sockets but no protocol. There is one file per engine, because the fast way to read
 * and write differs between them.
 */
export interface Carrier {
  /**
   * Passes the first `bytes` of `buffer` to the system. Returns true if all were accepted and the buffer can be
   * reused. Returns false if the carrier keeps the buffer, which must then not change. It calls `drained` when the
   * rest is accepted, and until then nothing more may be written.
   */
  write(buffer: Buffer, bytes: number): boolean;
  /** Stops reading until `resume`; what the other side sends then fills the buffers of the system. */
  pause(): void;
  resume(): void;
  /** Sends FIN (TLS: close_notify first) and closes. Not allowed while a write waits for `drained`. */
  end(): void;
  /** Closes at once, discarding anything unsent. No event follows. */
  destroy(): void;
}

/**
 * The events of a carrier, in this order: `connected`, then `secured` with TLS, then `data` and `drained` in any
 * order, and finally either `closed` or `error`. No event is emitted within the call that opens a carrier.
 */
export interface CarrierEvents {
  /** TCP is connected. */
  connected(): void;
  /** The TLS handshake is complete. `alpn`: the negotiated protocol (RFC 7301), or null. */
  secured(alpn: string | null): void;
  /** Bytes arrived: `from` ≤ index < `to`. They are valid only during the call, because the buffer is reused. */
  data(buffer: Buffer, from: number, to: number): void;
  /** The rest of a write has been accepted. */
  drained(): void;
  /** The other side ended or closed the connection. */
  closed(): void;
  /**
   * The connection failed. `code` comes from the system or the TLS library (`ECONNREFUSED`); null if it has none.
   */
  error(code: string | null): void;
}

/**
 * The local end of a connection. The port is explicit, because the kernel's search for a free one takes
 * milliseconds once half of an address's ports are in use.
 */
export interface Source {
  localAddress: string;
  /** 0 if the system chooses. */
  localPort: number;
}

/** The TLS settings of a carrier. */
export interface CarrierTls {
  /** Sent as SNI; also the name for which a checked certificate must be valid. */
  servername: string;
  /** Protocols offered by ALPN, in order of preference. */
  alpn: readonly string[];
  /** Certificate authorities in PEM with which to check the certificate; null to skip the check. */
  ca: string | null;
  /** A session of an earlier connection to resume (RFC 8446 section 2.2); null for a full handshake. */
  session: Buffer | null;
}

/** Opens one carrier. `source` is null if the system chooses. */
export type OpenCarrier = (source: Source | null, port: number, events: CarrierEvents) => Carrier;
