import { endianness } from 'node:os';

/** RFC 6455 section 5.2: the first byte's FIN bit and opcodes. */
export const FIN = 0x80;
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A control frame carries no more (RFC 6455 section 5.5). */
const CONTROL_MAX = 125;

/** The header of one client frame; one object is filled again and again. */
export interface FrameHeader {
  /** FIN and opcode, as they stand in the frame. */
  first: number;
  /** Of the header with its masking key, in bytes. */
  size: number;
  /** Of the payload, in bytes. */
  length: number;
}

/** Why the header was not read: more bytes are needed, or the close code that the frame earns. */
export type HeaderFault = 'incomplete' | 1002 | 1009;

/**
 * Reads a client's frame header (RFC 6455 section 5.2) in `at`..`to`.
 *
 * @returns null where `header` was filled
 */
export function readHeader(
  bytes: Buffer,
  at: number,
  to: number,
  max: number,
  header: FrameHeader,
): HeaderFault | null {
  const available = to - at;
  if (available < 2) return 'incomplete';
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  // A client masks every frame (section 5.1), and no extension has given the reserved bits a meaning.
  if (second < 0x80 || (first & 0x70) !== 0) return 1002;
  const opcode = first & 0x0f;
  let length = second & 0x7f;
  if (opcode > OPCODE.binary) {
    if (opcode < OPCODE.close || opcode > OPCODE.pong) return 1002;
    if (first < FIN || length > CONTROL_MAX) return 1002;
  }
  let size = 6;
  if (length === 126) {
    if (available < 4) return 'incomplete';
    length = bytes.readUInt16BE(at + 2);
    size = 8;
  } else if (length === 127) {
    if (available < 10) return 'incomplete';
    length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    size = 14;
  }
  if (length > max) return 1009;
  if (available < size) return 'incomplete';
  header.first = first;
  header.size = size;
  header.length = length;
  return null;
}

/** Bytes that the header of a server's frame takes: there is no masking key. */
export function serverHeaderSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Writes the header of a server's frame. */
export function writeServerHeader(bytes: Buffer, at: number, first: number, length: number): void {
  bytes[at] = first;
  if (length < 126) {
    bytes[at + 1] = length;
  } else if (length < 65_536) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
    bytes.writeUInt32BE(length % 2 ** 32, at + 6);
  }
}

/** A whole frame as a server sends it. */
export function serverFrame(first: number, payload: Uint8Array): Buffer {
  const size = serverHeaderSize(payload.length);
  const frame = Buffer.allocUnsafe(size + payload.length);
  writeServerHeader(frame, 0, first, payload.length);
  frame.set(payload, size);
  return frame;
}

/** A close frame; without a code its payload is empty. */
export function closeFrame(code: number | null): Buffer {
  if (code === null) return serverFrame(FIN | OPCODE.close, Buffer.alloc(0));
  return serverFrame(FIN | OPCODE.close, Buffer.of(code >> 8, code & 0xff));
}

/**
 * The code in a close frame's payload: null where it is empty.
 *
 * @returns 1002 where the payload is no code that may be sent (RFC 6455 sections 5.5.1 and 7.4)
 */
export function closeCode(payload: Buffer): number | null {
  if (payload.length === 0) return null;
  if (payload.length === 1) return 1002;
  const code = payload.readUInt16BE(0);
  const defined = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
  return defined || (code >= 3000 && code <= 4999) ? code : 1002;
}

/** A payload from so many bytes up is unmasked by words: below that the view costs more than it saves. */
const WORDS_FROM = 128;
const LITTLE_ENDIAN = endianness() === 'LE';

/**
 * Applies a masking key (RFC 6455 section 5.3) to `from`..`to` of `source`, and puts what comes out into
 * `target` from `at` on: by default in place; within one buffer not behind `from`.
 *
 * @param key the four bytes of the key as a 32-bit number, first byte highest
 */
export function unmask(
  source: Buffer,
  from: number,
  to: number,
  key: number,
  target: Buffer = source,
  at: number = from,
): void {
  if (to - from >= WORDS_FROM) {
    if (target !== source || at !== from) source.copy(target, at, from, to);
    unmaskWords(target, at, at + to - from, key);
  } else unmaskBytes(source, from, to, key, target, at);
}

function unmaskWords(bytes: Buffer, from: number, to: number, key: number): void {
  let at = from;
  let rotated = key;
  for (; ((bytes.byteOffset + at) & 3) !== 0; at++) {
    bytes[at] = (bytes[at] as number) ^ (rotated >>> 24);
    rotated = (rotated << 8) | (rotated >>> 24);
  }
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >> 2);
  const word = LITTLE_ENDIAN ? swapped(rotated) : rotated;
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ word;
  at += words.length * 4;
  unmaskBytes(bytes, at, to, rotated, bytes, at);
}

function unmaskBytes(
  source: Buffer,
  from: number,
  to: number,
  key: number,
  target: Buffer,
  targetFrom: number,
): void {
  const first = key >>> 24;
  const second = (key >>> 16) & 0xff;
  const third = (key >>> 8) & 0xff;
  const fourth = key & 0xff;
  let at = from;
  let out = targetFrom;
  for (; at + 3 < to; at += 4, out += 4) {
    target[out] = (source[at] as number) ^ first;
    target[out + 1] = (source[at + 1] as number) ^ second;
    target[out + 2] = (source[at + 2] as number) ^ third;
    target[out + 3] = (source[at + 3] as number) ^ fourth;
  }
  if (at < to) target[out] = (source[at] as number) ^ first;
  if (at + 1 < to) target[out + 1] = (source[at + 1] as number) ^ second;
  if (at + 2 < to) target[out + 2] = (source[at + 2] as number) ^ third;
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
