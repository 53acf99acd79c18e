const FIRST_ROOM = 1;

/**
 * The messages of one connection: those that are due and not sent yet, those that are sent and not echoed
 * yet, and the numbers of what comes next. Oldest first; times in µs since the run's epoch.
 */
export class Exchange {
  /** A ring of pairs (sent, intended); its room in messages is a power of two. Sent is NaN until it is. */
  #times: Float64Array | null = null;
  #head = 0;
  /** Messages that are due, sent or not, and have no echo. */
  length = 0;
  /** Of these, the newest: those that are not sent yet. */
  unsent = 0;
  /** Sequence number of the next message to be sent. */
  next = 0;

  /** Messages that are sent and have no echo. */
  get sent(): number {
    return this.length - this.unsent;
  }

  /** Sequence number of the next echo. */
  get awaited(): number {
    return this.next - this.sent;
  }

  /** When the oldest was sent; NaN where there is none. */
  get sentUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2] ?? Number.NaN);
  }

  /** When the oldest was due; NaN where there is none. */
  get intendedUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2 + 1] ?? Number.NaN);
  }

  /** One more message is due, to be sent later. */
  fallsDue(intendedUs: number): void {
    this.#push(Number.NaN, intendedUs);
    this.unsent++;
  }

  /** A message is due and sent now. */
  send(nowUs: number): void {
    this.#push(nowUs, nowUs);
    this.next++;
  }

  /** All that are due count as sent now; `each` is called with the intended time and sequence of each. */
  sendDue(nowUs: number, each: (intendedUs: number, sequence: number) => void): void {
    const times = this.#times;
    if (times === null) return;
    for (; this.unsent > 0; this.unsent--) {
      const at = ((this.#head + this.length - this.unsent) * 2) & (times.length - 1);
      times[at] = nowUs;
      each(times[at + 1] ?? Number.NaN, this.next++);
    }
  }

  /** Forgets all that are due and not sent; `each` is called with the intended time of each. */
  dropUnsent(each: (intendedUs: number) => void): void {
    const times = this.#times;
    if (times === null) return;
    for (; this.unsent > 0; this.unsent--, this.length--)
      each(times[((this.#head + this.length - 1) * 2 + 1) & (times.length - 1)] ?? Number.NaN);
  }

  /** Forgets the oldest, which is sent: its echo came, or it is given up. */
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
