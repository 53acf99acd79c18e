import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { Clock } from '../clock.ts';
import type { Waker } from '../pacing/waker.ts';
import type { LoadPlan } from '../protocol.ts';
import type { Payload } from '../wire/payload.ts';
import type { Session, SessionListener } from './session.ts';

/**
 * What the connections of a generator worker do: a value with a few functions, whether built in or written by a
 * user. `State` is what it stores for each connection. Connections are opened before it starts, and it sends only
 * between `start` and `stop`.
 */
export interface Client<State> extends SessionListener<State> {
  /** The initial state of a new connection. */
  state(): State;
  /** Whether what it does when connections open is done. */
  isReady(): boolean;
  /** All connections are open, as far as possible. Sending may begin at `times.warmUpUs`. */
  start(times: PhaseTimes): void;
  /** A connection has opened. */
  open(session: Session<State>): void;
  /** A connection that was open failed or was closed. What it still carried is given up. */
  closed(session: Session<State>, nowUs: number): void;
  /** A handshake failed. */
  refused(session: Session<State>, nowUs: number): void;
  /** Whether connections may still open, though none is. */
  reconnects(): boolean;
  /** Called for each open connection in turn, about twice a second. */
  tick(session: Session<State>, nowUs: number): void;
  /** Whether nothing is left to send or to wait for. */
  isDrained(nowUs: number): boolean;
  /** Stops sending, and gives up what is not sent yet. */
  stop(nowUs: number): void;
}

/** What a client works with. */
export interface ClientContext {
  clock: Clock;
  /** Made for the names that its scenario declares. */
  recorder: Recorder;
  payload: Payload;
  plan: LoadPlan;
  /** This worker's number among the workers of the run, from 0. */
  worker: number;
  /** Starts the handshake of one more connection; `open` or `refused` follows. */
  connect(): void;
  /** Calls back once, at this time or later but never earlier. */
  callAt(us: number, call: () => void): void;
  /** Calls back when the next message is due, as the plan says: punctual, or without occupying a CPU. */
  makeWaker(wake: () => void): Waker;
}

/** What `client.ts` in the folder of a scenario exports. */
export type MakeClient<State> = (context: ClientContext, sessions: OpenSessions<State>) => Client<State>;

/** The open connections of a worker, as a client sees them. */
export interface OpenSessions<State> {
  readonly openConnections: number;
  /** All of them, as a copy that stays valid while some fail. */
  allOpen(): Session<State>[];
  /** The next one in turn; undefined if none is open. */
  nextOpen(): Session<State> | undefined;
}
