import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import { sinceFirstTurnUs, type Turns, turnUs } from '../../model/turns.ts';
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
  /** Null: it may send all the time. */
  turns: Turns | null;
  /** Calls back once, at this time or after it and never before. */
  callAt(us: number, call: () => void): void;
}

/** Until a turn has shown how long an echo takes, this share of it is kept free for the last of them to come back. */
const FIRST_RESERVE = 0.5;

/**
 * A connection sends its next message when the echo of the last has come. Where runs take turns it stops so long
 * before the end of a turn as an echo took at most in the turn before: all are back when the next run begins.
 */
export function closedLoop({
  clock,
  payload,
  recorder,
  sessions,
  inFlight,
  turns,
  callAt,
}: ClosedLoopOptions): Loop {
  let begun = false;
  let stopped = false;
  let drainUs = Number.POSITIVE_INFINITY;
  let sendUntilUs = Number.POSITIVE_INFINITY;
  /** The longest that an echo took in this turn. */
  let longestUs = 0;

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
    if (nowUs < sendUntilUs) fill(session, nowUs);
  };
  const fillAll = () => {
    for (const session of sessions.allOpen()) fill(session, clock());
  };
  /** The turn `number`, from 0, and then those after it. */
  const takeTurn = (turns: Turns, number: number, firstUs: number) => {
    const ownUs = number * turnUs(turns);
    const startUs = firstUs + sinceFirstTurnUs(turns, ownUs);
    if (startUs >= drainUs) return;
    callAt(startUs, () => {
      if (stopped) return;
      const reserveUs = begun ? longestUs : turnUs(turns) * FIRST_RESERVE;
      begun = true;
      longestUs = 0;
      sendUntilUs = startUs + Math.max(0, turnUs(turns) - reserveUs);
      fillAll();
      takeTurn(turns, number + 1, firstUs);
    });
  };
  return {
    hasSchedule: false,
    start(times: PhaseTimes) {
      drainUs = times.drainUs;
      if (turns !== null) {
        takeTurn(turns, 0, times.warmUpUs);
        return;
      }
      sendUntilUs = drainUs;
      callAt(times.warmUpUs, () => {
        if (stopped) return;
        begun = true;
        // However late this is, even after the steady phase: a loop that never begins would look like a
        // server that never answers.
        fillAll();
      });
    },
    opened: refill,
    batchEnd: refill,
    echoed(exchange, bytes) {
      const nowUs = clock();
      if (turns !== null) longestUs = Math.max(longestUs, nowUs - exchange.sentUs);
      recorder.echoed(nowUs, exchange.sentUs, bytes);
    },
    isDrained: (nowUs) =>
      sessions.openConnections === 0 || (begun && nowUs >= drainUs && recorder.outstanding === 0),
    stop() {
      stopped = true;
    },
  };
}
