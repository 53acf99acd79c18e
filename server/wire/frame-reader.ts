import { Fragments } from './fragments.ts';
import { FIN, type FrameHeader, KEY_BYTES, OPCODE, readHeader } from './frame-header.ts';
import { applyMask } from './masking.ts';

/** A frame reader's callbacks for messages and control frames. */
export interface FrameHandler {
  /**
   * Receives a whole message: `from`..`to` of a buffer that is valid, and may be modified, during the call.
   *
   * @param key masking key that still has to be removed with applyMask(); 0 if the message is not masked
   */
  message(buffer: Buffer, from: number, to: number, text: boolean, key: number): void;
  /** Receives a close, ping or pong frame with its payload, which is unmasked and valid during the call. */
  control(opcode: number, payload: Buffer): void;
}

/** Close code for bytes that the peer must not send (RFC 6455 section 7.4.1). */
export type FrameFault = 1002 | 1008 | 1009;

/** Shared by all readers, because a reader never yields between reading a header and using it. */
const header: FrameHeader = { first: 0, size: 0, length: 0 };

/**
 * Reads frames from chunks that may end anywhere. A frame within one chunk is passed on without copying; only
 * a frame split across chunks is copied.
 */
export class FrameReader {
  private readonly max: number;
  private readonly masked: boolean;
  /** A frame that was cut off by the end of its chunk. Its first `filled` bytes have been received. */
  private partial: Buffer | null = null;
  private filled = 0;
  private fragments: Fragments | null = null;

  /**
   * @param max maximum message size in bytes
   * @param masked whether the frames come from a client (RFC 6455 section 5.1)
   */
  constructor(max: number, masked = false) {
    this.max = max;
    this.masked = masked;
  }

  /**
   * Reads `from`..`to` of a chunk.
   *
   * @returns null, or the close code with which to fail the connection, after which nothing more may be read
   */
  read(chunk: Buffer, from: number, to: number, handler: FrameHandler): FrameFault | null {
    if (this.partial !== null) return this.complete(this.partial, chunk, from, to, handler);
    let at = from;
    while (at < to) {
      const fault = readHeader(chunk, at, to, this.masked, this.max, header);
      if (fault === 'incomplete') {
        this.keep(chunk, at, to, 0);
        return null;
      }
      if (fault !== null) return fault;
      const { first, size, length } = header;
      const payload = at + size;
      const end = payload + length;
      if (end > to) {
        this.keep(chunk, at, to, size + length);
        return null;
      }
      const key = this.masked ? keyAt(chunk, payload - KEY_BYTES) : 0;
      if (this.fragments === null && (first === (FIN | OPCODE.text) || first === (FIN | OPCODE.binary))) {
        handler.message(chunk, payload, end, first === (FIN | OPCODE.text), key);
      } else {
        if (key !== 0) applyMask(chunk, payload, end, key);
        const rare = this.other(first, chunk.subarray(payload, end), handler);
        if (rare !== null) return rare;
      }
      at = end;
    }
    return null;
  }

  /** Handles any frame other than a complete message. */
  private other(first: number, payload: Buffer, handler: FrameHandler): FrameFault | null {
    const opcode = first & 0x0f;
    if (opcode >= OPCODE.close) {
      handler.control(opcode, payload);
      return null;
    }
    if ((opcode === OPCODE.continuation) !== (this.fragments !== null)) return 1002;
    this.fragments ??= new Fragments(opcode);
    const fragments = this.fragments;
    const fault = fragments.add(payload, this.max);
    if (fault !== null) return fault;
    if (first < FIN) return null;
    this.fragments = null;
    const whole = fragments.join();
    handler.message(whole, 0, whole.length, fragments.opcode === OPCODE.text, 0);
    return null;
  }

  /**
   * Stores the beginning of a frame. `size` is the size of the whole frame in bytes, or 0 if its header was
   * cut off.
   */
  private keep(chunk: Buffer, from: number, to: number, size: number): void {
    this.filled = to - from;
    this.partial = Buffer.allocUnsafeSlow(Math.max(size, this.filled));
    chunk.copy(this.partial, 0, from, to);
  }

  private complete(
    partial: Buffer,
    chunk: Buffer,
    from: number,
    to: number,
    handler: FrameHandler,
  ): FrameFault | null {
    if (this.filled === partial.length) {
      this.partial = null;
      const joined = Buffer.concat([partial, chunk.subarray(from, to)]);
      return this.read(joined, 0, joined.length, handler);
    }
    const used = chunk.copy(partial, this.filled, from, to);
    this.filled += used;
    if (this.filled < partial.length) return null;
    this.partial = null;
    const fault = this.read(partial, 0, partial.length, handler);
    return fault ?? this.read(chunk, from + used, to, handler);
  }
}

/**
 * Reads a masking key as readInt32BE() would, but without the checks, which would account for a tenth of the
 * cost of a small frame.
 */
function keyAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
