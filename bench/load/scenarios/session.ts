import { isUtf8 } from 'node:buffer';
import type { HandshakeTimes } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Connection, ConnectionEvents, OpenFacts } from '../connections/connection.ts';
import type { Echo } from './echo.ts';
import { Unanswered } from './unanswered.ts';

/** One connection's side of the scenario `echo`: what it has sent, and whether the echoes are right. */
export class Session implements ConnectionEvents {
  readonly id: number;
  readonly #echo: Echo;
  readonly #startUs: number;
  readonly #unanswered = new Unanswered();
  #connection: Connection | null = null;
  /** Sequence of the next message, and of the next echo. */
  #next = 0;
  #awaited = 0;
  /** Messages due in an open loop and not handed over yet. */
  #due = 0;
  /** Which row of the spread its messages count for. */
  #route = 0;
  /** Its place in the list of open sessions; −1: not open. */
  openIndex = -1;

  constructor(id: number, echo: Echo) {
    this.id = id;
    this.#echo = echo;
    this.#startUs = echo.clock();
  }

  attach(connection: Connection): void {
    this.#connection = connection;
  }

  opened(times: HandshakeTimes, facts: OpenFacts): void {
    this.#route = this.#echo.opened(this, times, facts);
  }

  message(bytes: Buffer, from: number, to: number, text: boolean): void {
    const echo = this.#echo;
    const unanswered = this.#unanswered;
    const asked = unanswered.length > 0 && text === echo.text;
    const check = asked ? echo.payload.check(bytes, from, to, this.id, this.#awaited) : 'mismatch';
    if (check !== 'same') {
      // Text has to be UTF-8 (RFC 6455 section 8.1). What is the same as what was sent is: no need to look.
      this.#reject(text && !isUtf8(bytes.subarray(from, to)) ? 'protocol-error' : check);
      return;
    }
    this.#awaited++;
    echo.echoed(unanswered.sentUs, unanswered.intendedUs, to - from, this.#route);
    unanswered.shift();
  }

  /** Closed loop: fills up what the echoes of this read have freed. Open loop: sends what fell due meanwhile. */
  batchEnd(): void {
    const { inFlight } = this.#echo;
    if (inFlight > 0) this.fill(inFlight);
    else this.#echo.pumpIfDue();
  }

  /** Sends until `inFlight` messages are unanswered, all of them in one write. */
  fill(inFlight: number): void {
    const count = inFlight - this.#unanswered.length;
    const echo = this.#echo;
    if (count <= 0 || this.openIndex < 0) return;
    const nowUs = echo.clock();
    if (!echo.maySend(nowUs)) return;
    for (let i = 0; i < count; i++) {
      this.#unanswered.push(nowUs, nowUs);
      echo.recorder.sent(nowUs, echo.payload.size(this.id, this.#next + i));
    }
    this.#send(count);
  }

  /** One more message fell due; true where it is the first since the last write. */
  fallsDue(intendedUs: number): boolean {
    this.#unanswered.push(Number.NaN, intendedUs);
    return this.#due++ === 0;
  }

  /** Sends what fell due, in one write. */
  sendDue(): void {
    if (this.#due > 0) this.#send(this.#stampDue());
  }

  /** What fell due counts as sent now. @returns how many messages that were */
  #stampDue(): number {
    const count = this.#due;
    this.#due = 0;
    const echo = this.#echo;
    const nowUs = echo.clock();
    this.#unanswered.stampSent(count, nowUs, (intendedUs, i) =>
      echo.recorder.sentOnSchedule(nowUs, intendedUs, echo.payload.size(this.id, this.#next + i)),
    );
    return count;
  }

  /** Gives up the connection where its handshake or its oldest message has waited too long. */
  checkTimeout(nowUs: number, echoTimeoutUs: number, connectTimeoutUs: number): void {
    if (this.openIndex < 0) {
      const stage = this.#connection?.stage ?? 'tcp';
      if (stage !== 'open' && nowUs - this.#startUs >= connectTimeoutUs)
        this.#reject('connect-timeout', stage);
      return;
    }
    if (!(nowUs - this.#unanswered.sentUs >= echoTimeoutUs)) return;
    const { recorder } = this.#echo;
    const open = this.#echo.inFlight === 0;
    while (nowUs - this.#unanswered.sentUs >= echoTimeoutUs) {
      recorder.timedOut(nowUs, this.#unanswered.sentUs, open ? this.#unanswered.intendedUs : null);
      this.#unanswered.shift();
    }
    this.#reject('echo-timeout');
  }

  failed(stage: FailureStage, kind: FailureKind): void {
    const echo = this.#echo;
    const nowUs = echo.clock();
    // What waited for its turn on this connection was offered, and is lost with it.
    this.#stampDue();
    for (; this.#unanswered.length > 0; this.#unanswered.shift()) echo.recorder.lost(nowUs);
    echo.failed(this, nowUs, stage, kind);
  }

  closed(): void {
    this.#echo.ended(this);
  }

  close(): void {
    this.#connection?.close();
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#connection?.destroy();
  }

  #send(count: number): void {
    const first = this.#next;
    this.#next += count;
    this.#connection?.send(first, count);
  }

  #reject(kind: FailureKind, stage: FailureStage = 'open'): void {
    this.destroy();
    this.failed(stage, kind);
  }
}
