import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Connection, ConnectionEvents, OpenFacts } from '../connections/connection.ts';
import type { Route } from '../connections/route.ts';

/** What a session tells whoever keeps it. */
export interface SessionHost<State> {
  /** The handshake is over. @returns the route that the connection's messages count for */
  opened(session: Session<State>, times: HandshakeTimes, facts: OpenFacts): Route;
  /** The connection ended after it was asked to. */
  closed(session: Session<State>): void;
  /** The connection ended without being asked to, or never opened. */
  failed(session: Session<State>, stage: FailureStage, kind: FailureKind): void;
}

/** Who hears what comes over an open connection. */
export interface SessionListener<State> {
  /** A message came: `from` ≤ index < `to` of `bytes`, valid only during the call. */
  message(session: Session<State>, bytes: Buffer, from: number, to: number, text: boolean): void;
  /** All that came in one read has been told: the moment to send in one write. */
  batchEnd(session: Session<State>): void;
}

/** One connection from its handshake to its end. `State`: what the scenario keeps of it. */
export class Session<State> implements ConnectionEvents {
  readonly id: number;
  readonly state: State;
  /** When its handshake began. */
  readonly startUs: number;
  readonly #host: SessionHost<State>;
  readonly #listener: SessionListener<State>;
  #connection: Connection | null = null;
  #route: Route | null = null;
  /** Its place in the list of open sessions, which the host keeps; −1: not open. */
  openIndex = -1;

  constructor(
    id: number,
    startUs: number,
    state: State,
    host: SessionHost<State>,
    listener: SessionListener<State>,
  ) {
    this.id = id;
    this.startUs = startUs;
    this.state = state;
    this.#host = host;
    this.#listener = listener;
  }

  attach(connection: Connection): void {
    this.#connection = connection;
  }

  get isOpen(): boolean {
    return this.openIndex >= 0;
  }

  get stage(): FailureStage {
    return this.#connection?.stage ?? 'tcp';
  }

  /** Sends messages `sequence` … `sequence + count − 1` in one write. */
  send(sequence: number, count: number): void {
    this.#connection?.send(sequence, count);
  }

  /** One more message came back by the route of this connection. */
  countEcho(): void {
    if (this.#route !== null) this.#route.messages++;
  }

  /** Drops the connection: it has failed. */
  giveUp(kind: FailureKind): void {
    const { stage } = this;
    this.destroy();
    this.failed(stage, kind);
  }

  /** Begins the closing handshake (RFC 6455 section 7). */
  close(): void {
    this.#connection?.close();
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#connection?.destroy();
  }

  /** ConnectionEvents, as all that follow. */
  opened(times: HandshakeTimes, facts: OpenFacts): void {
    this.#route = this.#host.opened(this, times, facts);
  }

  message(bytes: Buffer, from: number, to: number, text: boolean): void {
    this.#listener.message(this, bytes, from, to, text);
  }

  batchEnd(): void {
    this.#listener.batchEnd(this);
  }

  failed(stage: FailureStage, kind: FailureKind): void {
    this.#host.failed(this, stage, kind);
  }

  closed(): void {
    this.#host.closed(this);
  }
}
