import type { TlsSessions } from './tls-sessions.ts';

/**
 * Transports a WebSocket's bytes over TCP or TLS. The connection layer above it handles the protocol (RFC
 * 6455) but not sockets; the carrier handles sockets but not the protocol. Each engine has its own
 * implementation, because the fastest way to read and write differs between engines.
 */
export interface Carrier {
  /**
   * Passes the first `bytes` of `buffer` to the operating system. Returns true if all were accepted and the
   * buffer can be reused. Returns false if the carrier keeps the buffer, which must then not be modified. The
   * carrier calls `drained` when the rest has been accepted. Until then, nothing more may be written.
   */
  write(buffer: Buffer, bytes: number): boolean;
  /**
   * Stops reading until `resume` is called. Data sent by the peer meanwhile fills the operating system's
   * buffers.
   */
  pause(): void;
  resume(): void;
  /**
   * Sends FIN (with TLS, after close_notify) and closes. Must not be called while a write is waiting for
   * `drained`.
   */
  end(): void;
  /** Closes immediately and discards unsent data. No further events are emitted. */
  destroy(): void;
}

/**
 * Carrier events, in this order: `connected`, then (with TLS only) `secured`, then `data` and `drained` in
 * any order, and finally either `closed` or `error`. No event is emitted before the call that opens the
 * carrier has returned.
 */
export interface CarrierEvents {
  /** Called when the TCP connection is established. */
  connected(): void;
  /**
   * Called when the TLS handshake is complete. `alpn` is the negotiated protocol (RFC 7301), or null.
   * `resumed` states whether an earlier session was resumed.
   */
  secured(alpn: string | null, resumed: boolean): void;
  /**
   * Called when bytes arrive, at indexes `from` ≤ index < `to`. They are valid only during the call, because
   * the buffer is reused.
   */
  data(buffer: Buffer, from: number, to: number): void;
  /** Called when the rest of a write has been accepted. */
  drained(): void;
  /** Called when the peer has ended or closed the connection. */
  closed(): void;
  /**
   * Called when the connection fails. `code` comes from the operating system or the TLS library (such as
   * `ECONNREFUSED`); null if there is none.
   */
  error(code: string | null): void;
}

/**
 * Local endpoint of a connection. The port is chosen explicitly, because the kernel takes milliseconds to
 * find a free one once half of an address's ports are in use.
 */
export interface Source {
  localAddress: string;
  /** Local port; 0 lets the operating system choose. */
  localPort: number;
}

/** A carrier's TLS settings. */
export interface CarrierTls {
  /**
   * Server name sent as SNI. If the certificate is verified, it must be valid for this name, or for the address
   * if the name is empty.
   */
  servername: string;
  /** Protocols to offer via ALPN, in order of preference. */
  alpn: readonly string[];
  /** Certificate authorities, in PEM format, used to verify the certificate; null skips verification. */
  ca: string | null;
  /** Sessions of earlier connections to resume (RFC 8446 section 2.2); null for full handshakes only. */
  sessions: TlsSessions | null;
}

/** Opens one carrier. If `source` is null, the operating system chooses the local endpoint. */
export type OpenCarrier = (source: Source | null, port: number, events: CarrierEvents) => Carrier;
