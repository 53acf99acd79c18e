import type { PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { Load } from '../../model/load.ts';
import type { Turns } from '../../model/turns.ts';
import type { Clock } from '../clock.ts';
import { makePacer, type Pacer } from '../pacing/pacer.ts';
import type { Waker } from '../pacing/waker.ts';
import type { Payload } from '../wire/payload.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import type { OpenSessions } from './scenario.ts';
import type { Session } from './session.ts';

/**
 * Writes in one turn of the event loop at most, some milliseconds' worth: at a rate beyond what this process
 * can send it would else only send, ever more in a turn, and never read an echo.
 */
const WRITES_A_TURN = 256;

export interface OpenLoopOptions {
  clock: Clock;
  payload: Payload;
  recorder: Recorder;
  sessions: OpenSessions<Exchange>;
  load: Extract<Load, { kind: 'open' }>;
  echoTimeoutUs: number;
  /** This worker's number, how many there are, and the run's seed: they fix the schedule. */
  worker: number;
  workers: number;
  seed: number;
  turns: Turns | null;
  /** Calls back when the next message is due. */
  makeWaker(wake: () => void): Waker;
}

/** Messages are due on a schedule fixed beforehand, whatever the system does; connections take turns. */
export class OpenLoop implements Loop {
  readonly hasSchedule = true;
  readonly #options: OpenLoopOptions;
  #pacer: Pacer | null = null;
  #waker: Waker | null = null;
  #drainUs = 0;
  #stopped = false;
  /** When the last echo came. */
  #lastUs = 0;
  /** Sessions with messages that are due, the one that waits longest first; those before `#served` are done. */
  readonly #waiting: Session<Exchange>[] = [];
  #served = 0;
  /** Writes left before the event loop has to have read again. */
  #writesLeft = 0;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
  }

  start({ warmUpUs, drainUs }: PhaseTimes): void {
    const { load, worker, workers, seed, turns, makeWaker } = this.#options;
    this.#drainUs = drainUs;
    this.#pacer = makePacer(load, warmUpUs, worker, workers, seed, turns);
    this.#waker = makeWaker(() => {
      // A turn of its own of the event loop: what could be read has been.
      this.#writesLeft = WRITES_A_TURN;
      this.#pump();
    });
    this.#waker.wakeAt(this.#pacer.dueUs);
  }

  /** It takes its turn from the next message on. */
  opened(): void {}

  echoed(exchange: Exchange, bytes: number): void {
    const { clock, recorder } = this.#options;
    const nowUs = clock();
    this.#lastUs = nowUs;
    recorder.echoedOnSchedule(nowUs, exchange.sentUs, exchange.intendedUs, bytes);
  }

  /** Sends what fell due, where the echo that just came tells that something did. */
  batchEnd(): void {
    const pacer = this.#pacer;
    if (pacer === null || this.#writesLeft === 0) return;
    if (this.#lastUs >= pacer.dueUs || this.#waiting.length > 0) this.#pump();
  }

  isDrained(nowUs: number): boolean {
    const pacer = this.#pacer;
    if (pacer === null) return false;
    const allSent = pacer.dueUs >= this.#drainUs && this.#waiting.length === 0;
    return allSent && nowUs >= this.#drainUs && this.#options.recorder.outstanding === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#waker?.close();
  }

  /** Hands out what is due, however late, sends as far as the turn goes, and sets the alarm for the next. */
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

  /** Every message that is due by now goes to the connection whose turn it is. */
  #handOut(pacer: Pacer, nowUs: number): void {
    const { recorder, sessions, echoTimeoutUs } = this.#options;
    for (; pacer.dueUs <= nowUs && pacer.dueUs < this.#drainUs; pacer.advance()) {
      const { dueUs } = pacer;
      recorder.fellDue(nowUs, dueUs);
      const session = sessions.nextOpen();
      if (session === undefined) {
        // Nothing will ever answer it: it counts as one that was given up for want of an answer.
        recorder.unsent(nowUs, dueUs, Math.max(nowUs - dueUs, echoTimeoutUs));
        continue;
      }
      if (session.state.unsent === 0) this.#waiting.push(session);
      session.state.fallsDue(dueUs);
    }
  }

  /** What fell due on a connection counts as sent now, and is sent in one write. */
  #sendDue(session: Session<Exchange>): void {
    const exchange = session.state;
    const { unsent: count, next: first } = exchange;
    if (count === 0) return;
    const { clock, payload, recorder } = this.#options;
    const nowUs = clock();
    exchange.sendDue(nowUs, (intendedUs, sequence) =>
      recorder.sentOnSchedule(nowUs, intendedUs, payload.size(session.id, sequence)),
    );
    session.send(first, count);
  }
}
