const FIRST_ROOM = 1;

/** The messages of one connection that are sent and not yet echoed, oldest first, with their times in µs. */
export class Unanswered {
  /** A ring of pairs (sent, intended); its room in messages is a power of two. */
  #times: Float64Array | null = null;
  #head = 0;
  length = 0;

  push(sentUs: number, intendedUs: number): void {
    let times = this.#times;
    if (times === null || this.length * 2 === times.length) times = this.#grow();
    const at = ((this.#head + this.length) * 2) & (times.length - 1);
    times[at] = sentUs;
    times[at + 1] = intendedUs;
    this.length++;
  }

  /** When the oldest was sent; NaN where there is none. */
  get sentUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2] ?? Number.NaN);
  }

  /** When the oldest was due; NaN where there is none. */
  get intendedUs(): number {
    return this.length === 0 ? Number.NaN : (this.#times?.[this.#head * 2 + 1] ?? Number.NaN);
  }

  /** Sets the time sent of the `count` newest, and hands on when each was due. */
  stampSent(count: number, sentUs: number, each: (intendedUs: number, i: number) => void): void {
    const times = this.#times;
    if (times === null) return;
    for (let i = 0; i < count; i++) {
      const at = ((this.#head + this.length - count + i) * 2) & (times.length - 1);
      times[at] = sentUs;
      each(times[at + 1] ?? Number.NaN, i);
    }
  }

  /** Forgets the oldest. */
  shift(): void {
    const room = (this.#times?.length ?? 0) >> 1;
    this.#head = (this.#head + 1) & (room - 1);
    this.length--;
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
