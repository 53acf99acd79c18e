import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Connection, ConnectionEvents, OpenFacts } from '../connections/connection.ts';
import type { Route } from '../connections/route.ts';

/** The events that a session reports to its owner. */
export interface SessionHost<State> {
  /**
   * The handshake is over.
   *
   * @returns the route to which the connection's messages are counted
   */
  opened(session: Session<State>, times: HandshakeTimes, facts: OpenFacts): Route;
  /** The connection ended as requested. */
  closed(session: Session<State>): void;
  /** The connection ended without a request, or never opened. */
  failed(session: Session<State>, stage: FailureStage, kind: FailureKind): void;
}

/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;

/** Receives what arrives over an open connection. */
export interface SessionListener<State> {
  /** A message arrived: `from` ≤ index < `to` of `bytes`, valid only during the call. */
  message(session: Session<State>, bytes: Buffer, from: number, to: number, text: boolean): void;
  /** Everything from one read has been delivered, so messages can now be sent in one write. */
  batchEnd(session: Session<State>): void;
  /** The answer to a ping arrived. */
  pong(session: Session<State>): void;
}

/** One connection from its handshake to its end. `State` is what the scenario stores for it. */
export class Session<State> implements ConnectionEvents {
  readonly id: number;
  readonly state: State;
  /** When its handshake began. */
  readonly startUs: number;
  readonly #host: SessionHost<State>;
  readonly #listener: SessionListener<State>;
  #connection: Connection | null = null;
  #route: Route | null = null;
  /** Its index in the host's list of open sessions; −1 if not open. */
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

  /** Sends a message in a frame of its own. */
  sendBytes(bytes: Buffer, text: boolean): void {
    this.#connection?.sendBytes(bytes, text);
  }

  /** Sends a ping (RFC 6455 section 5.5.2); `pong` follows. */
  ping(): void {
    this.#connection?.ping();
  }

  /** Stops reading, so that what the server sends fills buffers on the way. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Counts an echo for the route of this connection. */
  countEcho(): void {
    if (this.#route !== null) this.#route.messages++;
  }

  /** Drops the connection as failed. */
  giveUp(kind: FailureKind): void {
    const { stage } = this;
    this.destroy();
    this.failed(stage, kind);
  }

  /** Starts the closing handshake (RFC 6455 section 7). */
  close(code = NORMAL_CLOSURE): void {
    this.#connection?.close(code);
  }

  /** Drops the connection without a closing handshake. */
  destroy(): void {
    this.#connection?.destroy();
  }

  /** ConnectionEvents, like all that follow. */
  opened(times: HandshakeTimes, facts: OpenFacts): void {
    this.#route = this.#host.opened(this, times, facts);
  }

  message(bytes: Buffer, from: number, to: number, text: boolean): void {
    this.#listener.message(this, bytes, from, to, text);
  }

  batchEnd(): void {
    this.#listener.batchEnd(this);
  }

  pong(): void {
    this.#listener.pong(this);
  }

  failed(stage: FailureStage, kind: FailureKind): void {
    this.#host.failed(this, stage, kind);
  }

  closed(): void {
    this.#host.closed(this);
  }
}
