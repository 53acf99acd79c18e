import type { Clock } from '../../load/clock.ts';
import type { OpenSessions } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import type { Payload } from '../../load/wire/payload.ts';
import type { Messages } from '../../measure/messages.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import { sinceFirstTurnUs, type Turns, turnUs } from '../../model/turns.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';

export interface ClosedLoopOptions {
  clock: Clock;
  payload: Payload;
  messages: Messages;
  sessions: OpenSessions<Exchange>;
  /** Unanswered messages on each connection. */
  inFlight: number;
  /** Null if it may send at any time. */
  turns: Turns | null;
  /** Calls back once, at this time or later but never earlier. */
  callAt(us: number, call: () => void): void;
}

/**
 * Share of a turn that is reserved for the last echoes to come back. This is the maximum, and the value until
 * it is known how long they take.
 */
const MOST_RESERVE = 0.5;
/** Echoes that come back in another run's turn make the CPU time of both vary by several per cent. */
const RESERVE_MARGIN = 1.25;

/**
 * A connection sends its next message when the echo of the last has arrived. If runs take turns, it stops sending
 * before the end of a turn. The time kept free is how long all echoes took to come back in the turn before, plus a
 * margin.
 */
export function closedLoop({
  clock,
  payload,
  messages,
  sessions,
  inFlight,
  turns,
  callAt,
}: ClosedLoopOptions): Loop {
  let begun = false;
  let stopped = false;
  let drainUs = Number.POSITIVE_INFINITY;
  let sendUntilUs = Number.POSITIVE_INFINITY;
  /** Time from the last possible send until all echoes are back; null until it is known. */
  let reserveUs: number | null = null;

  /** Sends until `inFlight` messages are unanswered, all of them in one write. */
  const fill = (session: Session<Exchange>, nowUs: number) => {
    const exchange = session.state;
    const first = exchange.next;
    const count = inFlight - exchange.sent;
    if (count <= 0 || !session.isOpen) return;
    for (let i = 0; i < count; i++) {
      exchange.send(nowUs);
      messages.sent(nowUs, payload.size(session.id, first + i));
    }
    session.send(first, count);
  };
  const refill = (session: Session<Exchange>) => {
    if (!begun || stopped) return;
    const nowUs = clock();
    if (nowUs < sendUntilUs) fill(session, nowUs);
    else if (messages.outstanding === 0) reserveUs = nowUs - sendUntilUs;
  };
  const fillAll = () => {
    for (const session of sessions.allOpen()) fill(session, clock());
  };
  /** Takes turn `number`, counted from 0, and the turns after it. */
  const takeTurn = (turns: Turns, number: number, firstUs: number) => {
    const ownUs = number * turnUs(turns);
    const startUs = firstUs + sinceFirstTurnUs(turns, ownUs);
    if (startUs >= drainUs) return;
    callAt(startUs, () => {
      if (stopped) return;
      begun = true;
      const mostUs = turnUs(turns) * MOST_RESERVE;
      sendUntilUs = startUs + turnUs(turns) - Math.min(mostUs, (reserveUs ?? mostUs) * RESERVE_MARGIN);
      reserveUs = null;
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
        // Starts however late this is, even after the steady phase: a loop that never starts would look like a
        // server that never answers.
        fillAll();
      });
    },
    opened: refill,
    batchEnd: refill,
    echoed(exchange, bytes) {
      messages.echoed(clock(), exchange.sentUs, bytes);
    },
    isDrained: (nowUs) =>
      sessions.openConnections === 0 || (begun && nowUs >= drainUs && messages.outstanding === 0),
    stop() {
      stopped = true;
    },
  };
}
