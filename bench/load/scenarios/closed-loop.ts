import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { Clock } from '../clock.ts';
import type { Payload } from '../wire/payload.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import type { OpenSessions } from './scenario.ts';
import type { Session } from './session.ts';

export interface ClosedLoopOptions {
  clock: Clock;
  payload: Payload;
  recorder: Recorder;
  sessions: OpenSessions<Exchange>;
  /** Unanswered messages on each connection. */
  inFlight: number;
  /** Calls back once, at this time or after it and never before. */
  callAt(us: number, call: () => void): void;
}

/** A connection sends its next message when the echo of the last has come. */
export function closedLoop({
  clock,
  payload,
  recorder,
  sessions,
  inFlight,
  callAt,
}: ClosedLoopOptions): Loop {
  let begun = false;
  let stopped = false;
  let drainUs = Number.POSITIVE_INFINITY;

  /** Sends until `inFlight` messages are unanswered, all of them in one write. */
  const fill = (session: Session<Exchange>, nowUs: number) => {
    const exchange = session.state;
    const first = exchange.next;
    const count = inFlight - exchange.sent;
    if (count <= 0 || !session.isOpen) return;
    for (let i = 0; i < count; i++) {
      exchange.send(nowUs);
      recorder.sent(nowUs, payload.size(session.id, first + i));
    }
    session.send(first, count);
  };
  const refill = (session: Session<Exchange>) => {
    if (!begun || stopped) return;
    const nowUs = clock();
    if (nowUs < drainUs) fill(session, nowUs);
  };
  return {
    hasSchedule: false,
    start(times: PhaseTimes) {
      drainUs = times.drainUs;
      callAt(times.warmUpUs, () => {
        if (stopped) return;
        begun = true;
        // However late this is, even after the steady phase: a loop that never begins would look like a
        // server that never answers.
        for (const session of sessions.allOpen()) fill(session, clock());
      });
    },
    opened: refill,
    batchEnd: refill,
    echoed(exchange, bytes) {
      recorder.echoed(clock(), exchange.sentUs, bytes);
    },
    isDrained: (nowUs) =>
      sessions.openConnections === 0 || (begun && nowUs >= drainUs && recorder.outstanding === 0),
    stop() {
      stopped = true;
    },
  };
}
