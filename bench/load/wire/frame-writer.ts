import { randomFillSync } from 'node:crypto';
import { KEY_BYTES, OPCODE } from '../../../server/wire/frame-header.ts';
import { applyMask } from '../../../server/wire/masking.ts';
import { clientHeaderBytes, writeClientHeader } from './client-frame.ts';
import type { Payload } from './payload.ts';

const BANK_BYTES = 4 * 1024 * 1024;
const COPY_BY_HAND = 160;
/**
 * Offset of a body in its buffer. Large buffers begin at a page boundary. Bun takes ten times as long to copy
 * if the target's offset within its page is 1 to 15 bytes higher than the source's, as it would be after a
 * frame header.
 */
const BODY_AT = 64;

/**
 * Writes messages as masked frames. The body is masked in advance with a few dozen random keys. The keys are
 * used in rotation, so each frame requires only a copy and a stamp. RFC 6455 section 5.3 requires a fresh key
 * for each frame, so that malicious scripts cannot choose the bytes on the wire. Here, the generator chooses
 * these bytes anyway.
 */
export class FrameWriter {
  readonly #payload: Payload;
  readonly #opcode: number;
  readonly #masks: Uint8Array[] = [];
  readonly #bodies: Buffer[] = [];
  #turn = 0;
  /** Pool of reusable buffers of the usual size. */
  readonly #free: Buffer[] = [];
  readonly #bufferBytes: number;

  /** @param batch number of messages typically sent together */
  constructor(payload: Payload, batch: number) {
    this.#payload = payload;
    this.#opcode = payload.type === 'text' ? OPCODE.text : OPCODE.binary;
    const largest = clientHeaderBytes(payload.maxBytes) + payload.maxBytes;
    this.#bufferBytes = largest * batch;
    const keys = Math.max(4, Math.min(64, Math.floor(BANK_BYTES / payload.maxBytes)));
    for (let i = 0; i < keys; i++) {
      const mask = randomFillSync(Buffer.alloc(KEY_BYTES));
      const body = Buffer.allocUnsafeSlow(BODY_AT + payload.body.length).subarray(BODY_AT);
      payload.body.copy(body);
      applyMask(body, 0, body.length, mask.readInt32BE());
      this.#masks.push(mask);
      this.#bodies.push(body);
    }
  }

  /**
   * Returns a buffer containing `count` frames, and sets `writtenBytes` to their total length. The caller
   * must return the buffer with `release`.
   */
  write(connection: number, sequence: number, count: number): Buffer {
    let buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bufferBytes);
    let end = 0;
    for (let i = 0; i < count; i++) {
      const bytes = this.#payload.size(connection, sequence + i);
      if (end + bytes + 14 > buffer.length && end + clientHeaderBytes(bytes) + bytes > buffer.length) {
        const larger = Buffer.allocUnsafeSlow((end + clientHeaderBytes(bytes) + bytes) * 2);
        buffer.copy(larger, 0, 0, end);
        buffer = larger;
      }
      end = this.#frame(buffer, end, bytes, connection, sequence + i);
    }
    this.writtenBytes = end;
    return buffer;
  }

  /** Number of bytes written by the last call to `write`. */
  writtenBytes = 0;

  /** Returns a buffer to the pool once the operating system has accepted its bytes. */
  release(buffer: Buffer): void {
    if (buffer.length === this.#bufferBytes) this.#free.push(buffer);
  }

  #frame(target: Buffer, at: number, bytes: number, connection: number, sequence: number): number {
    this.#turn = this.#turn + 1 < this.#masks.length ? this.#turn + 1 : 0;
    const mask = this.#masks[this.#turn] as Uint8Array;
    const body = this.#bodies[this.#turn] as Buffer;
    const from = writeClientHeader(target, at, this.#opcode, bytes, mask);
    // A call into C++ takes as long as copying about 160 bytes in the loop below.
    if (bytes > COPY_BY_HAND) body.copy(target, from, 0, bytes);
    else for (let i = 0; i < bytes; i++) target[from + i] = body[i] as number;
    this.#payload.stamp(target, from, bytes, connection, sequence, mask);
    return from + bytes;
  }
}
