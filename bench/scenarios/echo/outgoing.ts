import type { Session } from '../../load/sessions/session.ts';
import type { Exchange } from './exchange.ts';

/** Determines which messages a loop sends on a connection. The loop only determines when. */
export interface Outgoing {
  /** Returns the size in bytes of message `sequence` of a connection. Called once, just before it is sent. */
  size(session: Session<Exchange>, sequence: number): number;
  /** Sends messages `first` … `first + count − 1`. */
  send(session: Session<Exchange>, first: number, count: number): void;
}
