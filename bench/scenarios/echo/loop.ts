import type { Session } from '../../load/sessions/session.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Exchange } from './exchange.ts';

/** When the messages of the scenario `echo` are sent, and how their times are recorded. */
export interface Loop {
  start(times: PhaseTimes): void;
  opened(session: Session<Exchange>): void;
  /** The echo of the oldest message arrived. */
  echoed(exchange: Exchange, bytes: number): void;
  /** All echoes of one read have been delivered, so messages can now be sent in one write. */
  batchEnd(session: Session<Exchange>): void;
  /** Whether messages have an intended time. */
  readonly hasSchedule: boolean;
  isDrained(nowUs: number): boolean;
  /** Stops sending. */
  stop(): void;
}
