import type { PhaseTimes } from '../../measure/recorder.ts';

/** Determines when connections are opened. */
export interface Starter {
  start(times: PhaseTimes): void;
  /** Called when a handshake has succeeded. */
  opened(nowUs: number): void;
  /** Called when a connection has ended, or when its handshake has failed. */
  ended(nowUs: number, failed: boolean): void;
  /** Whether no further connection will be opened. */
  isDone(nowUs: number): boolean;
  stop(nowUs: number): void;
}

/** Limits and functions that a starter uses. */
export interface StarterContext {
  /** Number of connections that exist: in their handshake, open or closing. */
  existing(): number;
  /** Maximum number of connections that may exist at the same time. */
  mostExisting: number;
  /**
   * Starts a handshake.
   *
   * @param intendedUs null without a schedule
   * @param possibleUs when it could have started
   */
  connect(nowUs: number, intendedUs: number | null, possibleUs: number): void;
}
