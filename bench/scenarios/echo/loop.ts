import type { Session } from '../../load/sessions/session.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Exchange } from './exchange.ts';

/** Determines when the messages of the `echo` scenario are sent, and records their latencies. */
export interface Loop {
  start(times: PhaseTimes): void;
  opened(session: Session<Exchange>): void;
  /** Called when the echo of the oldest message has arrived. */
  echoed(exchange: Exchange, bytes: number): void;
  /** Called when all echoes from one read have been delivered. Messages can then be sent in one write. */
  batchEnd(session: Session<Exchange>): void;
  /** Whether messages have intended send times. */
  readonly hasSchedule: boolean;
  isDrained(nowUs: number): boolean;
  stop(): void;
}
