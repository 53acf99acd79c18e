import type { Clock } from '../../load/clock.ts';
import type { OpenSessions } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import type { Messages } from '../../measure/messages.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import { sinceFirstTurnUs, type Turns, turnUs } from '../../model/turns.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import type { Outgoing } from './outgoing.ts';

export interface ClosedLoopOptions {
  clock: Clock;
  outgoing: Outgoing;
  messages: Messages;
  sessions: OpenSessions<Exchange>;
  /** Number of unanswered messages per connection. */
  inFlight: number;
  /** Turns in which messages may be sent; null if they may be sent at any time. */
  turns: Turns | null;
  /** Calls back once, never before the given time. */
  callAt(us: number, call: () => void): void;
  /** Announces how many messages will be unanswered at any time from now on: see `ClientContext`. */
  gather(unanswered: number): void;
}

/**
 * Maximum share of a turn in which nothing is sent, so that the last echoes can arrive. This maximum share is
 * reserved as long as it has not been measured how much time the last echoes take.
 */
const MOST_RESERVE = 0.5;
/**
 * Safety factor for the reserved time. Echoes that arrive during another run's turn make the CPU time of both
 * runs vary by several per cent.
 */
const RESERVE_MARGIN = 1.25;

/**
 * Each connection sends its next message when the previous echo has arrived. In an interleaved run, sending
 * stops before the end of each turn. The time reserved for the last echoes is the time that they took in the
 * previous turn, plus a margin.
 */
export function closedLoop({
  clock,
  outgoing,
  messages,
  sessions,
  inFlight,
  turns,
  callAt,
  gather,
}: ClosedLoopOptions): Loop {
  let begun = false;
  let stopped = false;
  let drainUs = Number.POSITIVE_INFINITY;
  let sendUntilUs = Number.POSITIVE_INFINITY;
  /** Time from the end of sending until all echoes have arrived; null until it has been measured. */
  let reserveUs: number | null = null;

  /** Sends enough messages, in one write, to bring the number of unanswered messages to `inFlight`. */
  const fill = (session: Session<Exchange>, nowUs: number) => {
    const exchange = session.state;
    const first = exchange.next;
    const count = inFlight - exchange.sent;
    if (count <= 0 || !session.isOpen) return;
    for (let i = 0; i < count; i++) {
      exchange.send(nowUs);
      messages.sent(nowUs, outgoing.size(session, first + i));
    }
    outgoing.send(session, first, count);
  };
  const refill = (session: Session<Exchange>) => {
    if (!begun || stopped) return;
    const nowUs = clock();
    if (nowUs < sendUntilUs) fill(session, nowUs);
    else if (messages.outstanding === 0) reserveUs = nowUs - sendUntilUs;
  };
  const fillAll = () => {
    gather(sessions.openConnections * inFlight);
    for (const session of sessions.allOpen()) fill(session, clock());
  };
  /** Schedules turn `number`, counted from 0, and all following turns. */
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
        // The loop starts even if it is late, and even after the steady phase. A loop that never started
        // would look like a server that never answers.
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
