import { isUtf8 } from 'node:buffer';
import { FIN, headerBytes, OPCODE, writeHeader } from './wire/frame-header.ts';
import { applyMask } from './wire/masking.ts';

const TEXT = FIN | OPCODE.text;

/**
 * Collects frames that are sent in a single write. All sessions of a server share one buffer. If a write is
 * as long as the previous one, the view of the buffer is reused, because creating a view costs more than a
 * small echo.
 */
export class AnswerBuffer {
  private readonly size: number;
  private buffer: Buffer;
  private view: Buffer;
  /** Number of bytes to be written. */
  length = 0;

  /** @param size total size in bytes of the frames that are usually sent together */
  constructor(size: number) {
    this.size = size;
    this.buffer = Buffer.allocUnsafeSlow(size);
    this.view = this.buffer;
  }

  /**
   * Appends a frame to be sent by the server.
   *
   * @param first the frame's first byte: FIN bit and opcode
   * @param source buffer that contains the payload in `from`..`to`
   * @param key masking key to remove from the payload; 0 if it is not masked
   * @returns false, without appending anything, if the frame would be a text message that is not UTF-8
   */
  append(first: number, source: Buffer, from: number, to: number, key: number): boolean {
    const length = to - from;
    const end = this.length + headerBytes(length) + length;
    if (end > this.buffer.length) this.grow(end);
    const at = writeHeader(this.buffer, this.length, first, length, false);
    const ascii = applyMask(source, from, to, key, this.buffer, at);
    if (!ascii && first === TEXT && !isUtf8(this.buffer.subarray(at, end))) return false;
    this.length = end;
    return true;
  }

  /** The bytes to be written; valid until `clear`. */
  bytes(): Buffer {
    if (this.view.length !== this.length) this.view = this.buffer.subarray(0, this.length);
    return this.view;
  }

  /** Empties the buffer. If `written` is false, the carrier still needs the bytes and keeps their memory. */
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
