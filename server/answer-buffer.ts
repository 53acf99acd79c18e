import { serverHeaderSize, unmask, writeServerHeader } from './frames.ts';

/**
 * Echoes that leave in one write. One buffer serves all connections of a server, and view after view of
 * it is avoided: for echoes of one size the view is the same.
 */
export class AnswerBuffer {
  private readonly size: number;
  private buffer: Buffer;
  private view: Buffer;
  /** Bytes that wait to be written. */
  length = 0;

  /** `size`: room in bytes for the echoes that usually leave together. */
  constructor(size: number) {
    this.size = size;
    this.buffer = Buffer.allocUnsafeSlow(size);
    this.view = this.buffer;
  }

  /** Appends the echo of a client's frame: `length` bytes of payload from `payload` on, the key in front. */
  echo(first: number, chunk: Buffer, payload: number, length: number): void {
    const at = this.length;
    const target = at + serverHeaderSize(length);
    const end = target + length;
    if (end > this.buffer.length) this.grow(end);
    writeServerHeader(this.buffer, at, first, length);
    unmask(chunk, payload, payload + length, chunk.readInt32BE(payload - 4), this.buffer, target);
    this.length = end;
  }

  /** What waits; valid until `clear`. */
  bytes(): Buffer {
    if (this.view.length !== this.length) this.view = this.buffer.subarray(0, this.length);
    return this.view;
  }

  /** Begins anew. `written` false: the system still needs the bytes, so they are left to it. */
  clear(written: boolean): void {
    this.length = 0;
    if (written && this.buffer.length === this.size) return;
    this.buffer = Buffer.allocUnsafeSlow(this.size);
    this.view = this.buffer;
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.view = larger;
  }
}
