import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import {
  type Connection,
  type ConnectionEvents,
  NORMAL_CLOSURE,
  type OpenFacts,
} from '../connections/connection.ts';
import type { Route } from '../connections/route.ts';

/** Events that a session reports to its owner. */
export interface SessionHost<State> {
  /**
   * Called when the handshake has succeeded.
   *
   * @returns the route under which the connection's messages are counted
   */
  opened(session: Session<State>, times: HandshakeTimes, facts: OpenFacts): Route;
  /** Called when the connection has closed as requested. */
  closed(session: Session<State>): void;
  /** Called when the connection ended unexpectedly or failed to open. */
  failed(session: Session<State>, stage: FailureStage, kind: FailureKind): void;
}

/** Receives an open connection's messages and events. */
export interface SessionListener<State> {
  /**
   * Called when a message arrives. It occupies indexes `from` ≤ index < `to` of `bytes`, which is valid only
   * during the call.
   */
  message(session: Session<State>, bytes: Buffer, from: number, to: number, text: boolean): void;
  /** Called when all data from one read has been delivered, so that messages can be sent in one write. */
  batchEnd(session: Session<State>): void;
  /** Called when the pong for a ping arrives. */
  pong(session: Session<State>): void;
}

/** One connection, from its handshake to its end. `State` is the data that the scenario keeps for it. */
export class Session<State> implements ConnectionEvents {
  readonly id: number;
  readonly state: State;
  /** Time at which the session's handshake started, in µs since the run's epoch. */
  readonly startUs: number;
  readonly port: number;
  /** Facts that the session's handshake revealed; null until the session is open. */
  facts: OpenFacts | null = null;
  readonly #host: SessionHost<State>;
  readonly #listener: SessionListener<State>;
  #connection: Connection | null = null;
  #route: Route | null = null;
  /** Index in the host's list of open sessions; −1 if the session is not open. */
  openIndex = -1;

  constructor(
    id: number,
    startUs: number,
    port: number,
    state: State,
    host: SessionHost<State>,
    listener: SessionListener<State>,
  ) {
    this.id = id;
    this.startUs = startUs;
    this.port = port;
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

  /** Sends a message in a separate frame. */
  sendBytes(bytes: Buffer, text: boolean): void {
    this.#connection?.sendBytes(bytes, text);
  }

  /** Sends a ping (RFC 6455 section 5.5.2). `pong` is called when the response arrives. */
  ping(): void {
    this.#connection?.ping();
  }

  /** Stops reading, so that data from the server fills all buffers between the server and this client. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Adds an echo to the message count of this connection's route. */
  countEcho(): void {
    if (this.#route !== null) this.#route.messages++;
  }

  /** Drops the connection and reports it as failed. */
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

  /** This method and all methods below implement ConnectionEvents. */
  opened(times: HandshakeTimes, facts: OpenFacts): void {
    this.facts = facts;
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
