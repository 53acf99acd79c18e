import type { Clock } from '../../load/clock.ts';
import { makePacer, type Pacer } from '../../load/pacing/pacer.ts';
import type { Waker } from '../../load/pacing/waker.ts';
import type { OpenSessions } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import type { Messages } from '../../measure/messages.ts';
import type { PhaseTimes } from '../../measure/recorder.ts';
import type { Load } from '../../model/load.ts';
import type { Turns } from '../../model/turns.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import type { Outgoing } from './outgoing.ts';

/**
 * Maximum number of writes per event loop iteration. That many writes take a few milliseconds. Without this
 * limit, if the rate were higher than this process can sustain, each iteration would send more and more
 * messages, and no echo would ever be read.
 */
const WRITES_A_TURN = 256;

export interface OpenLoopOptions {
  clock: Clock;
  outgoing: Outgoing;
  messages: Messages;
  sessions: OpenSessions<Exchange>;
  load: Extract<Load, { kind: 'open' }>;
  echoTimeoutUs: number;
  /** Whether sent messages await an answer. Otherwise, they count as done when they have been sent. */
  awaitsAnswers: boolean;
  /** Index of this worker. Together with the number of workers and the run's seed, it determines the schedule. */
  worker: number;
  workers: number;
  seed: number;
  turns: Turns | null;
  /** Creates a waker that calls back when the next message is due. */
  makeWaker(wake: () => void): Waker;
}

/**
 * Messages are due on a schedule fixed in advance, regardless of how the system responds. They are assigned to
 * connections in round-robin order.
 */
export class OpenLoop implements Loop {
  readonly hasSchedule = true;
  readonly #options: OpenLoopOptions;
  #pacer: Pacer | null = null;
  #waker: Waker | null = null;
  #drainUs = Number.POSITIVE_INFINITY;
  #stopped = false;
  /** When the last echo arrived; NaN if none has. */
  #lastUs = Number.NaN;
  /** Sessions with due messages, longest waiting first. Those before index `#served` have been handled. */
  readonly #waiting: Session<Exchange>[] = [];
  #served = 0;
  /** Number of writes allowed before the event loop reads again. */
  #writesLeft = WRITES_A_TURN;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
  }

  start({ warmUpUs, drainUs }: PhaseTimes): void {
    const { load, worker, workers, seed, turns, makeWaker } = this.#options;
    this.#drainUs = drainUs;
    this.#pacer = makePacer(load, warmUpUs, worker, workers, seed, turns);
    this.#waker = makeWaker(() => {
      // This is a new iteration of the event loop, so everything that was available has been read.
      this.#writesLeft = WRITES_A_TURN;
      this.#pump();
    });
    this.#waker.wakeAt(this.#pacer.dueUs);
  }

  /** A new session needs no action: it is included from the next message onwards. */
  opened(): void {}

  echoed(exchange: Exchange, bytes: number): void {
    const { clock, messages } = this.#options;
    const nowUs = clock();
    this.#lastUs = nowUs;
    messages.echoedOnSchedule(nowUs, exchange.sentUs, exchange.intendedUs, bytes);
  }

  /** Sends all due messages, provided that at least one was due when the last echo arrived. */
  batchEnd(): void {
    const pacer = this.#pacer;
    if (pacer === null || this.#writesLeft === 0) return;
    if (this.#lastUs >= pacer.dueUs) this.#pump();
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
   * Assigns all due messages, even late ones, to connections, sends as many as this iteration allows, and
   * sets the waker for the next message.
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

  /** Assigns each message due by now to the next connection in round-robin order. */
  #handOut(pacer: Pacer, nowUs: number): void {
    const { messages, sessions, echoTimeoutUs } = this.#options;
    for (; pacer.dueUs <= nowUs && pacer.dueUs < this.#drainUs; pacer.advance()) {
      const { dueUs } = pacer;
      messages.fellDue(nowUs, dueUs);
      const session = sessions.nextOpen();
      if (session === undefined) {
        // This message will never be sent, so it counts like a message whose echo never arrived.
        messages.unsent(nowUs, dueUs, Math.max(nowUs - dueUs, echoTimeoutUs));
        continue;
      }
      if (session.state.unsent === 0) this.#waiting.push(session);
      session.state.fallsDue(dueUs);
    }
  }

  /** Marks all due messages of a connection as sent now, and sends them in one write. */
  #sendDue(session: Session<Exchange>): void {
    const exchange = session.state;
    const { unsent: count, next: first } = exchange;
    if (count === 0) return;
    const { clock, outgoing, messages, awaitsAnswers } = this.#options;
    const nowUs = clock();
    exchange.sendDue(nowUs, (intendedUs, sequence) =>
      messages.sentOnSchedule(nowUs, intendedUs, outgoing.size(session, sequence)),
    );
    outgoing.send(session, first, count);
    if (awaitsAnswers) return;
    for (; exchange.sent > 0; exchange.shift()) messages.unawaited(nowUs);
  }
}
