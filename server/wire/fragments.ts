/** Maximum number of fragments of a message, as in the ws library. With more, the message is rejected. */
export const MAX_FRAGMENTS = 16_384;

/** Assembles a message that arrives in several frames (RFC 6455 section 5.4). */
export class Fragments {
  /** Opcode of the message, from its first frame. */
  readonly opcode: number;
  /** One buffer for all fragments. With separate buffers, small fragments would use many times the memory. */
  private buffer = Buffer.alloc(0);
  private bytes = 0;
  private count = 0;

  constructor(opcode: number) {
    this.opcode = opcode;
  }

  /**
   * Appends one frame's payload. The payload is copied, because the next read overwrites its buffer.
   *
   * @returns null, or the close code if the message has more than `max` bytes or too many fragments
   */
  add(payload: Buffer, max: number): 1008 | 1009 | null {
    const end = this.bytes + payload.length;
    if (end > max) return 1009;
    if (++this.count > MAX_FRAGMENTS) return 1008;
    if (end > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(max, Math.max(end, 2 * this.buffer.length)));
      this.buffer.copy(larger, 0, 0, this.bytes);
      this.buffer = larger;
    }
    payload.copy(this.buffer, this.bytes);
    this.bytes = end;
    return null;
  }

  join(): Buffer {
    return this.buffer.subarray(0, this.bytes);
  }
}
