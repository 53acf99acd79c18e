import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { Clock } from '../clock.ts';
import type { Waker } from '../pacing/waker.ts';
import type { LoadPlan } from '../protocol.ts';
import type { Payload } from '../wire/payload.ts';
import type { Session, SessionListener } from './session.ts';

/**
 * Defines what the connections of a generator worker do. It is a set of functions, either built in or written
 * by a user. `State` is the data it stores for each connection. Connections are opened before it starts, and
 * it sends only between `start` and `stop`.
 */
export interface Client<State> extends SessionListener<State> {
  /** Creates the initial state of a new connection. */
  state(): State;
  /** Reports whether the client's work on opening connections is done. */
  isReady(): boolean;
  /** Called when as many connections as possible are open. Sending may begin at `times.warmUpUs`. */
  start(times: PhaseTimes): void;
  /** Called when a connection has opened. */
  open(session: Session<State>): void;
  /**
   * Called when an open connection has failed or closed. The client gives up the messages that it still
   * carried.
   */
  closed(session: Session<State>, nowUs: number): void;
  /** Called when a handshake has failed. */
  refused(session: Session<State>, nowUs: number): void;
  /** Reports whether connections may still open although none is open now. */
  reconnects(): boolean;
  /** Called for each open connection in turn, about twice a second. */
  tick(session: Session<State>, nowUs: number): void;
  /** Reports whether nothing is left to send or to wait for. */
  isDrained(nowUs: number): boolean;
  /** Stops sending, and gives up messages that have not been sent yet. */
  stop(nowUs: number): void;
}

/** Services available to a client. */
export interface ClientContext {
  clock: Clock;
  /** Recorder for the names that its scenario declares. */
  recorder: Recorder;
  payload: Payload;
  plan: LoadPlan;
  /** Index of this worker among the workers of the run, from 0. */
  worker: number;
  /** Starts the handshake of one more connection. `open` or `refused` is called next. */
  connect(): void;
  /** Calls back once, at this time or later but never earlier. */
  callAt(us: number, call: () => void): void;
  /** Creates the waker selected by the plan: either more punctual, or without occupying a CPU. */
  makeWaker(wake: () => void): Waker;
}

/** The function that `client.ts` exports in the folder of a scenario. */
export type MakeClient<State> = (context: ClientContext, sessions: OpenSessions<State>) => Client<State>;

/** A client's view of its worker's open connections. */
export interface OpenSessions<State> {
  readonly openConnections: number;
  /** Returns a copy of the list, which stays valid if some connections fail. */
  allOpen(): Session<State>[];
  /** Returns the next open connection in round-robin order; undefined if none is open. */
  nextOpen(): Session<State> | undefined;
}
