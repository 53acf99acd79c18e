import type { Clock } from '../../load/clock.ts';
import { makePacer, type Pacer } from '../../load/pacing/pacer.ts';
import type { Waker } from '../../load/pacing/waker.ts';
import type { OpenSessions } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import type { Payload } from '../../load/wire/payload.ts';
import type { Messages } from '../../measure/messages.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Load } from '../../model/load.ts';
import type { Turns } from '../../model/turns.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';

/**
 * Maximum number of writes in one turn of the event loop, which take a few milliseconds. Without it, at a
 * rate beyond what this process can send, each turn would send more and more, and never read an echo.
 */
const WRITES_A_TURN = 256;

export interface OpenLoopOptions {
  clock: Clock;
  payload: Payload;
  messages: Messages;
  sessions: OpenSessions<Exchange>;
  load: Extract<Load, { kind: 'open' }>;
  echoTimeoutUs: number;
  /** This worker's number, the number of workers, and the run's seed determine the schedule. */
  worker: number;
  workers: number;
  seed: number;
  turns: Turns | null;
  /** Calls back when the next message is due. */
  makeWaker(wake: () => void): Waker;
}

/** Messages are due on a schedule fixed in advance, whatever the system does. Connections send in turn. */
export class OpenLoop implements Loop {
  readonly hasSchedule = true;
  readonly #options: OpenLoopOptions;
  #pacer: Pacer | null = null;
  #waker: Waker | null = null;
  #drainUs = 0;
  #stopped = false;
  /** When the last echo arrived. */
  #lastUs = 0;
  /** Sessions with messages that are due, longest waiting first. Those before `#served` are done. */
  readonly #waiting: Session<Exchange>[] = [];
  #served = 0;
  /** Writes left until the event loop has read again. */
  #writesLeft = 0;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
  }

  start({ warmUpUs, drainUs }: PhaseTimes): void {
    const { load, worker, workers, seed, turns, makeWaker } = this.#options;
    this.#drainUs = drainUs;
    this.#pacer = makePacer(load, warmUpUs, worker, workers, seed, turns);
    this.#waker = makeWaker(() => {
      // This is a new turn of the event loop, so everything that could be read has been.
      this.#writesLeft = WRITES_A_TURN;
      this.#pump();
    });
    this.#waker.wakeAt(this.#pacer.dueUs);
  }

  /** The session receives messages from the next one on. */
  opened(): void {}

  echoed(exchange: Exchange, bytes: number): void {
    const { clock, messages } = this.#options;
    const nowUs = clock();
    this.#lastUs = nowUs;
    messages.echoedOnSchedule(nowUs, exchange.sentUs, exchange.intendedUs, bytes);
  }

  /** Sends what fell due, if the time of the last echo shows that something did. */
  batchEnd(): void {
    const pacer = this.#pacer;
    if (pacer === null || this.#writesLeft === 0) return;
    if (this.#lastUs >= pacer.dueUs || this.#waiting.length > 0) this.#pump();
  }

  isDrained(nowUs: number): boolean {
    const pacer = this.#pacer;
    if (pacer === null) return false;
    const allSent = pacer.dueUs >= this.#drainUs && this.#waiting.length === 0;
    return allSent && nowUs >= this.#drainUs && this.#options.messages.outstanding === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#waker?.close();
  }

  /**
   * Distributes what is due, however late, sends as much as this turn allows, and sets the waker for the next
   * message.
   */
  #pump(): void {
    const pacer = this.#pacer;
    if (pacer === null || this.#stopped) return;
    const nowUs = this.#options.clock();
    this.#handOut(pacer, nowUs);
    const waiting = this.#waiting;
    for (; this.#writesLeft > 0 && this.#served < waiting.length; this.#writesLeft--) {
      const session = waiting[this.#served++];
      if (session !== undefined) this.#sendDue(session);
    }
    if (this.#served < waiting.length) {
      this.#waker?.wakeAt(nowUs);
      return;
    }
    waiting.length = 0;
    this.#served = 0;
    if (pacer.dueUs < this.#drainUs) this.#waker?.wakeAt(pacer.dueUs);
  }

  /** Assigns every message that is due by now to the next connection in turn. */
  #handOut(pacer: Pacer, nowUs: number): void {
    const { messages, sessions, echoTimeoutUs } = this.#options;
    for (; pacer.dueUs <= nowUs && pacer.dueUs < this.#drainUs; pacer.advance()) {
      const { dueUs } = pacer;
      messages.fellDue(nowUs, dueUs);
      const session = sessions.nextOpen();
      if (session === undefined) {
        // No connection will ever carry it, so it counts like a message whose echo never came.
        messages.unsent(nowUs, dueUs, Math.max(nowUs - dueUs, echoTimeoutUs));
        continue;
      }
      if (session.state.unsent === 0) this.#waiting.push(session);
      session.state.fallsDue(dueUs);
    }
  }

  /** Marks everything due on a connection as sent now, and sends it in one write. */
  #sendDue(session: Session<Exchange>): void {
    const exchange = session.state;
    const { unsent: count, next: first } = exchange;
    if (count === 0) return;
    const { clock, payload, messages } = this.#options;
    const nowUs = clock();
    exchange.sendDue(nowUs, (intendedUs, sequence) =>
      messages.sentOnSchedule(nowUs, intendedUs, payload.size(session.id, sequence)),
    );
    session.send(first, count);
  }
}
