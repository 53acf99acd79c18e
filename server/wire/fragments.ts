/** A message that comes in several frames (RFC 6455 section 5.4). */
export class Fragments {
  /** Of the message: the opcode of its first frame. */
  readonly opcode: number;
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  constructor(opcode: number) {
    this.opcode = opcode;
  }

  /**
   * Adds a copy of one frame's payload: the next read overwrites the buffer it lies in.
   *
   * @returns false where the message would be larger than `max` bytes
   */
  add(payload: Buffer, max: number): boolean {
    this.bytes += payload.length;
    if (this.bytes > max) return false;
    if (payload.length > 0) this.parts.push(Buffer.from(payload));
    return true;
  }

  join(): Buffer {
    return Buffer.concat(this.parts, this.bytes);
  }
}
