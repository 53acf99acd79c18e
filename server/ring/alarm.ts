import { read } from 'node:fs';

const COUNTER_BYTES = 8;

/**
 * Uses a blocking read on one of the engine's threads to wait until an eventfd is signalled. The read
 * occupies a thread and costs a thread switch, but is only used when the loop has been idle.
 */
export class Alarm {
  readonly #fd: number;
  readonly #counter = Buffer.alloc(COUNTER_BYTES);
  #isArmed = false;
  #ring: () => void = () => {};

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Calls `ring` once, the next time the eventfd is signalled. If the eventfd was signalled since the
   * previous callback, calls `ring` as soon as possible.
   */
  arm(ring: () => void): void {
    this.#ring = ring;
    if (this.#isArmed) return;
    this.#isArmed = true;
    read(this.#fd, this.#counter, 0, COUNTER_BYTES, null, () => {
      this.#isArmed = false;
      this.#ring();
    });
  }
}
