import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { Clock } from '../clock.ts';
import type { Waker } from '../pacing/waker.ts';
import type { LoadPlan } from '../protocol.ts';
import type { Payload } from '../wire/payload.ts';
import type { Session, SessionListener } from './session.ts';

/**
 * A set of functions, built in or written by a user, that define how a generator worker's connections behave.
 * `State` is the data that a client keeps for each connection. Connections are opened before the client
 * starts. The client sends only between `start` and `stop`.
 */
export interface Client<State> extends SessionListener<State> {
  /** Creates a new connection's initial state. */
  state(): State;
  /** Reports whether the client has completed its actions for newly opened connections. */
  isReady(): boolean;
  /** Called when all connections that could be opened are open. Sending may begin at `times.warmUpUs`. */
  start(times: PhaseTimes): void;
  /**
   * Returns when a connection's handshake was due, in µs since the run's epoch. Only scenarios that measure
   * handshakes implement this method.
   */
  dueUs?(session: Session<State>): number;
  /** Called when a connection has opened. */
  open(session: Session<State>): void;
  /**
   * Called when an open connection has failed or closed. The client abandons the messages that were still in
   * flight on it.
   *
   * @param isFailure false if the connection was closed as requested or expected
   */
  closed(session: Session<State>, nowUs: number, isFailure: boolean): void;
  /** Called when a handshake has failed. */
  refused(session: Session<State>, nowUs: number): void;
  /** Reports whether connections may still open although none is open now. */
  reconnects(): boolean;
  /** Called about twice a second for each open connection in turn. */
  tick(session: Session<State>, nowUs: number): void;
  /**
   * Makes the slow clients stop reading. Only scenarios with slow clients implement this method and `resume`.
   */
  stall?(): void;
  /** Makes the slow clients read again. */
  resume?(): void;
  /** Reports whether there is nothing more to send or wait for. */
  isDrained(nowUs: number): boolean;
  /** Stops sending, and abandons messages that have not been sent yet. */
  stop(nowUs: number): void;
}

/** The echo server to which a connection leads. */
export interface ServerOfConnection {
  /** Index of the echo server, from 0; null if the handshake did not reveal it. */
  index: number | null;
  /** Number of servers that the proxy tried, including the one that answered; 1 without a proxy. */
  tried: number;
}

/** Services available to a client. */
export interface ClientContext {
  clock: Clock;
  /** Records events under the names that the client's scenario declares. */
  recorder: Recorder;
  payload: Payload;
  plan: LoadPlan;
  /** Index of this worker among all workers of the run, from 0. */
  worker: number;
  /** Starts the handshake of an additional connection. `open` or `refused` is called when it ends. */
  connect(): void;
  /** Calls `call` once, at the given time (µs since the run's epoch) or shortly after it. */
  callAt(us: number, call: () => void): void;
  /** Returns the echo server of an open connection. */
  serverOf(session: Session<unknown>): ServerOfConnection;
  /** Creates the waker selected by the plan: one that is punctual but occupies a CPU, or one that sleeps. */
  makeWaker(wake: () => void): Waker;
  /**
   * Sets how many of this worker's messages will be unanswered at any time from now on. If the number is
   * high, io_uring waits for several answers at once, which takes less CPU time.
   */
  gather(unanswered: number): void;
}

/** The function exported by `client.ts` in a scenario's folder. */
export type MakeClient<State> = (context: ClientContext, sessions: OpenSessions<State>) => Client<State>;

/** A worker's open connections, as its client sees them. */
export interface OpenSessions<State> {
  readonly openConnections: number;
  /** Returns a new list of all open connections. The list does not change if connections fail later. */
  allOpen(): Session<State>[];
  /** Returns the next open connection in round-robin order; undefined if none is open. */
  nextOpen(): Session<State> | undefined;
}
