/** The FIN bit of a frame's first byte (RFC 6455 section 5.2). */
export const FIN = 0x80;
/** Opcodes: the low four bits of a frame's first byte (RFC 6455 section 5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** Size of a masking key, which ends the header of every frame from a client (RFC 6455 section 5.1). */
export const KEY_BYTES = 4;

const RESERVED_BITS = 0x70;
const MASK_BIT = 0x80;
/** Maximum payload of a control frame, in bytes (RFC 6455 section 5.5). */
const CONTROL_MAX = 125;

/** The content of a frame header. A reader reuses one object for every frame. */
export interface FrameHeader {
  /** The first byte: FIN bit and opcode. */
  first: number;
  /** Size of the header in bytes, including the masking key. */
  size: number;
  /** Size of the payload in bytes. */
  length: number;
}

/**
 * Reads the frame header at `at` (RFC 6455 section 5.2). Bytes from `to` on are ignored.
 *
 * @param masked whether the frame comes from a client; only frames from clients are masked (section 5.1)
 * @param max maximum payload in bytes
 * @returns null if `header` was filled; `incomplete` if more bytes are needed; otherwise the close code for
 * the error (section 7.4.1)
 */
export function readHeader(
  bytes: Buffer,
  at: number,
  to: number,
  masked: boolean,
  max: number,
  header: FrameHeader,
): 'incomplete' | 1002 | 1009 | null {
  const available = to - at;
  if (available < 2) return 'incomplete';
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  // The reserved bits must be 0, because no extension is negotiated.
  if (second >= MASK_BIT !== masked || (first & RESERVED_BITS) !== 0) return 1002;
  const opcode = first & 0x0f;
  let length = second & 0x7f;
  if (opcode > OPCODE.binary) {
    if (opcode < OPCODE.close || opcode > OPCODE.pong) return 1002;
    if (first < FIN || length > CONTROL_MAX) return 1002;
  }
  let size = 2;
  if (length === 126) {
    if (available < 4) return 'incomplete';
    length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    if (length < 126) return 1002;
    size = 4;
  } else if (length === 127) {
    if (available < 10) return 'incomplete';
    length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    if (length < 65_536) return 1002;
    size = 10;
  }
  if (length > max) return 1009;
  if (masked) size += KEY_BYTES;
  if (available < size) return 'incomplete';
  header.first = first;
  header.size = size;
  header.length = length;
  return null;
}

/** Size in bytes of a header without a masking key, for a payload of this many bytes. */
export function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/**
 * Writes a frame header at `at`, with the length in its shortest form.
 *
 * @param masked whether to set the MASK bit; the caller writes the key itself
 * @returns the position after the header
 */
export function writeHeader(
  bytes: Buffer,
  at: number,
  first: number,
  length: number,
  masked: boolean,
): number {
  const mask = masked ? MASK_BIT : 0;
  bytes[at] = first;
  if (length < 126) {
    bytes[at + 1] = mask | length;
    return at + 2;
  }
  if (length < 65_536) {
    bytes[at + 1] = mask | 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length & 0xff;
    return at + 4;
  }
  bytes[at + 1] = mask | 127;
  bytes.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
  return bytes.writeUInt32BE(length % 2 ** 32, at + 6);
}
