/**
 * What carries the bytes of a WebSocket: a TCP connection or a TLS connection. The connection above knows
 * the protocol (RFC 6455) and no sockets; the carrier knows sockets and no protocol. One file for each
 * engine, because the fast way to read and write differs between them.
 */
export interface Carrier {
  /**
   * Hands the first `bytes` of `buffer` to the system. True: all were taken, the buffer is free again. False:
   * the carrier keeps the buffer, which must not change, and calls `drained` when the rest is taken; until
   * then nothing more may be written.
   */
  write(buffer: Buffer, bytes: number): boolean;
  /** Sends FIN (TLS: close_notify first) and closes; not while a write waits for `drained`. */
  end(): void;
  /** Closes at once and forgets what was not sent; no event follows. */
  destroy(): void;
}

/**
 * What a carrier tells, in this order: `connected`, then `secured` on TLS, then `data` and `drained` in any
 * order, and last one of `closed` and `error`. Nothing is told from within the call that opens a carrier.
 */
export interface CarrierEvents {
  /** TCP is connected. */
  connected(): void;
  /** The TLS handshake is complete. `alpn`: the protocol that was negotiated (RFC 7301), or null. */
  secured(alpn: string | null): void;
  /** Bytes came: `from` ≤ index < `to`, valid only during the call, because the buffer is read into again. */
  data(buffer: Buffer, from: number, to: number): void;
  /** What `write` could not hand over at once has been taken. */
  drained(): void;
  /** The other side ended or closed the connection. */
  closed(): void;
  /** The connection failed; `code` as the system or the TLS library names it (`ECONNREFUSED`), null: no name. */
  error(code: string | null): void;
}

/**
 * Where a connection comes from. The port is named because the kernel's own search for a free one takes
 * milliseconds once half of an address's ports are taken.
 */
export interface Source {
  localAddress: string;
  /** 0: the system chooses. */
  localPort: number;
}

/** How the TLS of a carrier is set up. */
export interface CarrierTls {
  /** Sent as SNI, and what the certificate has to be valid for where it is checked. */
  servername: string;
  /** Protocols offered by ALPN, the preferred one first. */
  alpn: readonly string[];
  /** Certificate authorities in PEM to check the certificate against; null: it is not checked. */
  ca: string | null;
  /** A session of an earlier connection to resume (RFC 8446 section 2.2); null: a full handshake. */
  session: Buffer | null;
}

/** Opens one carrier; `source` null: from wherever the system likes. */
export type OpenCarrier = (source: Source | null, port: number, events: CarrierEvents) => Carrier;
