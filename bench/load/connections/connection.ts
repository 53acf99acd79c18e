import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import type { Source } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { Payload } from '../wire/payload.ts';

/** What the handshake told besides its times. */
export interface OpenFacts {
  /** ALPN protocol that was negotiated; null without TLS or where the server chose none. */
  alpn: string | null;
  /** Response header X-Bench-Worker: the process id of the Nginx worker; null without Nginx. */
  nginxWorker: string | null;
  /** Response header X-Bench-Upstream: address of the echo server behind Nginx; null without Nginx. */
  upstream: string | null;
}

/**
 * What a connection tells its scenario. After `failed` or `closed` nothing follows; just one of them
 * comes, `closed` only after `close()` was called.
 */
export interface ConnectionEvents {
  opened(times: HandshakeTimes, facts: OpenFacts): void;
  /** A message came; `bytes` is only valid during the call. */
  message(bytes: Buffer, from: number, to: number, text: boolean): void;
  /** Everything that came in one read has been handed on: the moment to answer in one write. */
  batchEnd(): void;
  failed(stage: FailureStage, kind: FailureKind): void;
  closed(): void;
}

/** One WebSocket as a scenario sees it, whatever carries it. */
export interface Connection {
  /** How far it has come. */
  readonly stage: FailureStage;
  /** Sends messages `sequence` … `sequence + count − 1` of this connection in one write. */
  send(sequence: number, count: number): void;
  /** Begins the closing handshake with code 1000 (RFC 6455 section 7). */
  close(): void;
  /** Drops the connection at once; no event follows. */
  destroy(): void;
}

/** What the connections of one worker have in common. */
export interface ConnectionContext {
  clock: Clock;
  payload: Payload;
  target: Target;
}

/** Opens connection number `id`; `source` null: from wherever the system likes. */
export type Connector = (
  id: number,
  source: Source | null,
  targetPort: number,
  events: ConnectionEvents,
) => Connection;

/** Closed without a close frame, whichever way (RFC 6455 section 7.1.5). */
const ABNORMAL = 'closed-1006';

/** The kind of a failure by the code that the operating system or the TLS library gave it. */
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

/** The kind of a failure where the transport just ended. */
export function kindOfEnd(stage: FailureStage): FailureKind {
  return stage === 'open' ? ABNORMAL : 'reset';
}
