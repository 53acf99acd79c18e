import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import type { Source } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { Payload } from '../wire/payload.ts';

/** Facts from the handshake besides its times. */
export interface OpenFacts {
  /** Negotiated ALPN protocol; null without TLS, or if the server chose none. */
  alpn: string | null;
  /** Response header X-Bench-Worker: process id of the Nginx worker; null without Nginx. */
  nginxWorker: string | null;
  /** Response header X-Bench-Upstream: address of the echo server behind Nginx; null without Nginx. */
  upstream: string | null;
}

/**
 * The events that a connection sends to its scenario. It ends with either `failed` or `closed`, and `closed` only
 * occurs after a call of `close()`.
 */
export interface ConnectionEvents {
  opened(times: HandshakeTimes, facts: OpenFacts): void;
  /** A message arrived; `bytes` is only valid during the call. */
  message(bytes: Buffer, from: number, to: number, text: boolean): void;
  /** Everything that arrived in one read has been delivered, so responses can now be sent in one write. */
  batchEnd(): void;
  /** The answer to a ping arrived. */
  pong(): void;
  failed(stage: FailureStage, kind: FailureKind): void;
  closed(): void;
}

/** One WebSocket as a scenario sees it, independent of its transport. */
export interface Connection {
  /** How far it has progressed. */
  readonly stage: FailureStage;
  /** Sends messages `sequence` … `sequence + count − 1` of this connection in one write. */
  send(sequence: number, count: number): void;
  /** Sends a message of any content. */
  sendBytes(bytes: Buffer, text: boolean): void;
  /** Sends a ping without payload (RFC 6455 section 5.5.2). */
  ping(): void;
  /** Stops reading until `resume`. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake (RFC 6455 section 7). */
  close(code: number): void;
  /** Drops the connection at once; no event follows. */
  destroy(): void;
}

/** Shared by the connections of one worker. */
export interface ConnectionContext {
  clock: Clock;
  payload: Payload;
  target: Target;
}

/** Opens connection number `id`. `source` is null if the system chooses. */
export type Connector = (
  id: number,
  source: Source | null,
  targetPort: number,
  events: ConnectionEvents,
) => Connection;

/** Closed without a close frame, for whatever reason (RFC 6455 section 7.1.5). */
const ABNORMAL = 'closed-1006';

/** The kind of a failure, from the error code of the operating system or the TLS library. */
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

/** The kind of a failure when the transport ended without an error. */
export function kindOfEnd(stage: FailureStage): FailureKind {
  return stage === 'open' ? ABNORMAL : 'reset';
}
