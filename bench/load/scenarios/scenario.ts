import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Session, SessionListener } from './session.ts';

/**
 * What the connections of a generator worker do. A value with a few functions, the same for a scenario that
 * is built in and for one that a person writes; what it has to remember of a connection is its `State`.
 * Connections are opened before it starts, and it sends only between `start` and `stop`.
 */
export interface Scenario<State> extends SessionListener<State> {
  /** What it keeps of a new connection. */
  state(): State;
  /** All connections are open, as far as they could be opened: it may send from `times.warmUpUs` on. */
  start(times: PhaseTimes): void;
  /** A connection has opened. */
  open(session: Session<State>): void;
  /** A connection that was open has failed, or was closed: what it still carried is given up. */
  closed(session: Session<State>, nowUs: number): void;
  /** Called for each open connection in turn, about twice a second. */
  tick(session: Session<State>, nowUs: number): void;
  /** Nothing is left to send or to wait for. */
  isDrained(nowUs: number): boolean;
  /** Nothing more is sent, and what is not sent yet is given up. */
  stop(nowUs: number): void;
}

/** The open connections of a worker, as a scenario sees them. */
export interface OpenSessions<State> {
  readonly openConnections: number;
  /** All of them; it may be looped over while some fail. */
  allOpen(): Session<State>[];
  /** The next one in turn; undefined where none is open. */
  nextOpen(): Session<State> | undefined;
}
