/** The buffer of all connections that have had no message yet. */
const EMPTY = new Float64Array(0);

/**
 * Tracks the due and unanswered messages of one connection, oldest first, and its next sequence numbers. Times
 * are in µs since the run's epoch.
 */
export class Exchange {
  /**
   * A ring buffer of (sent, intended) time pairs. Its capacity, in messages, is a power of two. `sent` is NaN
   * until the message is sent.
   */
  #times: Float64Array = EMPTY;
  #head = 0;
  /** Number of messages that are due but not yet echoed, whether they were sent or not. */
  length = 0;
  /** How many of the due messages have not been sent yet. They are the newest ones. */
  unsent = 0;
  /** Sequence number of the next message to send. */
  next = 0;

  /** Number of messages that were sent but not yet echoed. */
  get sent(): number {
    return this.length - this.unsent;
  }

  /** Sequence number of the next expected echo. */
  get awaited(): number {
    return this.next - this.sent;
  }

  /** When the oldest message was sent; NaN if there is none. */
  get sentUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times[this.#head * 2] as number);
  }

  /** When the oldest message was due; NaN if there is none. */
  get intendedUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times[this.#head * 2 + 1] as number);
  }

  /** Adds a message that is due now and will be sent later. */
  fallsDue(intendedUs: number): void {
    this.#push(Number.NaN, intendedUs);
    this.unsent++;
  }

  /** Adds a message that is due and sent now. */
  send(nowUs: number): void {
    this.#push(nowUs, nowUs);
    this.next++;
  }

  /**
   * Marks all due messages as sent now, and calls `each` with the intended time and sequence number of every
   * message.
   */
  sendDue(nowUs: number, each: (intendedUs: number, sequence: number) => void): void {
    const times = this.#times;
    for (; this.unsent > 0; this.unsent--) {
      const at = ((this.#head + this.length - this.unsent) * 2) & (times.length - 1);
      times[at] = nowUs;
      each(times[at + 1] as number, this.next++);
    }
  }

  /** Discards all messages that are due but not sent, and calls `each` with the intended time of every message. */
  dropUnsent(each: (intendedUs: number) => void): void {
    const times = this.#times;
    for (; this.unsent > 0; this.unsent--, this.length--)
      each(times[((this.#head + this.length - 1) * 2 + 1) & (times.length - 1)] as number);
  }

  /** Discards the oldest sent message, because it was echoed or abandoned. */
  shift(): void {
    this.#head = (this.#head + 1) & ((this.#times.length >> 1) - 1);
    this.length--;
  }

  #push(sentUs: number, intendedUs: number): void {
    if (this.length * 2 === this.#times.length) this.#grow();
    const times = this.#times;
    const at = ((this.#head + this.length) * 2) & (times.length - 1);
    times[at] = sentUs;
    times[at + 1] = intendedUs;
    this.length++;
  }

  /** Doubles the capacity of a full buffer. */
  #grow(): void {
    const old = this.#times;
    const head = this.#head * 2;
    this.#times = new Float64Array(Math.max(2, old.length * 2));
    this.#times.set(old.subarray(head));
    this.#times.set(old.subarray(0, head), old.length - head);
    this.#head = 0;
  }
}
