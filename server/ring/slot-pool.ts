import type { Area } from './kernel.ts';

/**
 * Buffers that the kernel sends from. Each buffer is taken for one send. The most recently used buffers are reused
 * first, so that few of them take up memory.
 */
export class SlotPool {
  /** Size of a slot in bytes. */
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #free: number[];

  constructor({ bytes, count, size }: Area) {
    this.#bytes = bytes;
    this.size = size;
    this.#free = Array.from({ length: count }, (_, slot) => count - 1 - slot);
  }

  /** Number of slots that are not in use. */
  get free(): number {
    return this.#free.length;
  }

  /** Returns a slot, or −1 if all are in use. */
  take(): number {
    return this.#free.pop() ?? -1;
  }

  release(slot: number): void {
    this.#free.push(slot);
  }

  /** Copies the first `bytes` of `source` into a slot. */
  fill(slot: number, at: number, source: Buffer, bytes: number): void {
    const target = this.#bytes;
    const start = slot * this.size + at;
    // A call into C++ takes as long as copying about 160 bytes in the loop below.
    if (bytes > 160) source.copy(target, start, 0, bytes);
    else for (let i = 0; i < bytes; i++) target[start + i] = source[i] as number;
  }

  /** Returns a copy of a slot's bytes `from` to `to`. */
  copy(slot: number, from: number, to: number): Buffer {
    const start = slot * this.size;
    return Buffer.from(this.#bytes.subarray(start + from, start + to));
  }
}
