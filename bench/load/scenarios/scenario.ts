import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Session, SessionListener } from './session.ts';

/**
 * What the connections of a generator worker do: a value with a few functions, whether built in or written by a
 * user. `State` is what it stores for each connection. Connections are opened before it starts, and it sends only
 * between `start` and `stop`.
 */
export interface Scenario<State> extends SessionListener<State> {
  /** The initial state of a new connection. */
  state(): State;
  /** All connections are open, as far as possible. Sending may begin at `times.warmUpUs`. */
  start(times: PhaseTimes): void;
  /** A connection has opened. */
  open(session: Session<State>): void;
  /** A connection that was open failed or was closed. What it still carried is given up. */
  closed(session: Session<State>, nowUs: number): void;
  /** Called for each open connection in turn, about twice a second. */
  tick(session: Session<State>, nowUs: number): void;
  /** Whether nothing is left to send or to wait for. */
  isDrained(nowUs: number): boolean;
  /** Stops sending, and gives up what is not sent yet. */
  stop(nowUs: number): void;
}

/** The open connections of a worker, as a scenario sees them. */
export interface OpenSessions<State> {
  readonly openConnections: number;
  /** All of them, as a copy that stays valid while some fail. */
  allOpen(): Session<State>[];
  /** The next one in turn; undefined if none is open. */
  nextOpen(): Session<State> | undefined;
}
