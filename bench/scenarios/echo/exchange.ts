const FIRST_ROOM = 1;

/**
 * Tracks the due and unanswered messages of one connection, oldest first, and its next sequence numbers. Times
 * are in µs since the run's epoch.
 */
export class Exchange {
  /**
   * A ring buffer of (sent, intended) time pairs. Its capacity, in messages, is a power of two. `sent` is NaN
   * until the message is sent.
   */
  #times: Float64Array | null = null;
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
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2] ?? Number.NaN);
  }

  /** When the oldest message was due; NaN if there is none. */
  get intendedUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2 + 1] ?? Number.NaN);
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
    if (times === null) return;
    for (; this.unsent > 0; this.unsent--) {
      const at = ((this.#head + this.length - this.unsent) * 2) & (times.length - 1);
      times[at] = nowUs;
      each(times[at + 1] ?? Number.NaN, this.next++);
    }
  }

  /** Discards all messages that are due but not sent, and calls `each` with the intended time of every message. */
  dropUnsent(each: (intendedUs: number) => void): void {
    const times = this.#times;
    if (times === null) return;
    for (; this.unsent > 0; this.unsent--, this.length--)
      each(times[((this.#head + this.length - 1) * 2 + 1) & (times.length - 1)] ?? Number.NaN);
  }

  /** Discards the oldest sent message, because it was echoed or abandoned. */
  shift(): void {
    const room = (this.#times?.length ?? 0) >> 1;
    this.#head = (this.#head + 1) & (room - 1);
    this.length--;
  }

  #push(sentUs: number, intendedUs: number): void {
    let times = this.#times;
    if (times === null || this.length * 2 === times.length) times = this.#grow();
    const at = ((this.#head + this.length) * 2) & (times.length - 1);
    times[at] = sentUs;
    times[at + 1] = intendedUs;
    this.length++;
  }

  #grow(): Float64Array {
    const old = this.#times;
    const times = new Float64Array(old === null ? FIRST_ROOM * 2 : old.length * 2);
    for (let i = 0; old !== null && i < this.length * 2; i++)
      times[i] = old[(this.#head * 2 + i) & (old.length - 1)] ?? 0;
    this.#head = 0;
    this.#times = times;
    return times;
  }
}
