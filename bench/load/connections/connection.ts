import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import type { Source } from '../carriers/carrier.ts';
import type { TlsSessions } from '../carriers/tls-sessions.ts';
import type { Clock } from '../clock.ts';
import type { Payload } from '../wire/payload.ts';

/** Facts about a connection that the handshake revealed. */
export interface OpenFacts {
  /** Negotiated ALPN protocol; null without TLS, or if the server did not select one. */
  alpn: string | null;
  /** Value of the X-Bench-Worker response header, the process ID of the proxy's worker; null without a proxy. */
  proxyWorker: string | null;
  /**
   * Value of the X-Bench-Upstream response header, the address of the echo server behind the proxy; null
   * without a proxy.
   */
  upstream: string | null;
  /** Whether the TLS handshake resumed an earlier session; missing without TLS. */
  resumed?: boolean;
}

/**
 * Events that a connection reports to its scenario. The last one is either `failed` or `closed`. `closed` is
 * only emitted after `close()` was called, or if the server is expected to close connections.
 */
export interface ConnectionEvents {
  opened(times: HandshakeTimes, facts: OpenFacts): void;
  /** Called when a message arrives. `bytes` is valid only during the call. */
  message(bytes: Buffer, from: number, to: number, text: boolean): void;
  /**
   * Called when all data from one read has been delivered, so that the responses can be sent in one write.
   */
  batchEnd(): void;
  /** Called when the pong for a ping arrives. */
  pong(): void;
  failed(stage: FailureStage, kind: FailureKind): void;
  closed(): void;
}

/** A WebSocket as a scenario sees it, independent of its transport. */
export interface Connection {
  readonly stage: FailureStage;
  /** Sends messages `sequence` … `sequence + count − 1` on this connection in one write. */
  send(sequence: number, count: number): void;
  /** Sends a message with arbitrary content. */
  sendBytes(bytes: Buffer, text: boolean): void;
  /** Sends a ping with no payload (RFC 6455 section 5.5.2). */
  ping(): void;
  /** Stops reading until `resume` is called. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake (RFC 6455 section 7). */
  close(code: number): void;
  /** Drops the connection immediately. No further events are emitted. */
  destroy(): void;
}

/** Context shared by all connections of a worker. */
export interface ConnectionContext {
  clock: Clock;
  payload: Payload;
  target: Target;
  /**
   * The stored TLS sessions, which connections resume and add to; missing if every TLS handshake must be a
   * full one.
   */
  sessions?: TlsSessions;
  /** Whether the server is expected to close connections normally (code 1000). Such closes are not failures. */
  serverCloses?: boolean;
}

/** Close code 1000 (RFC 6455 section 7.4.1). */
export const NORMAL_CLOSURE = 1000;

/** Opens connection number `id`. If `source` is null, the operating system chooses the local endpoint. */
export type Connector = (
  id: number,
  source: Source | null,
  targetPort: number,
  events: ConnectionEvents,
) => Connection;

/**
 * Failure kind for a connection closed without a close frame, for whatever reason (RFC 6455 section 7.1.5).
 */
const ABNORMAL = 'closed-1006';

/** Returns the failure kind for an error code of the operating system or the TLS library. */
export function kindOfError(code: string | null, stage: FailureStage): FailureKind {
  if (stage === 'open') return ABNORMAL;
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'ETIMEDOUT':
      return 'connect-timeout';
    case 'EADDRNOTAVAIL':
    case 'EADDRINUSE':
      return 'no-ports';
    case 'EMFILE':
    case 'ENFILE':
      return 'no-files';
  }
  if (stage === 'tls') return 'tls';
  return `system-${(code ?? 'unknown').replace(/[^A-Za-z0-9_-]/g, '').slice(0, 40) || 'unknown'}`;
}

/** Returns the failure kind for a transport that ended without an error. */
export function kindOfEnd(stage: FailureStage): FailureKind {
  return stage === 'open' ? ABNORMAL : 'reset';
}
