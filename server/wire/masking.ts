import { endianness } from 'node:os';

/** From this many bytes on, words are masked: below, making a view of words costs more than it saves. */
const WORDS_FROM = 128;
const LITTLE_ENDIAN = endianness() === 'LE';

/**
 * Applies a masking key (RFC 6455 section 5.3) to `from`..`to` of `source` and writes the result into
 * `target` from `at` on; by default in place. Masking and unmasking are the same operation. Within one
 * buffer `at` may not lie behind `from`.
 *
 * @param key the four bytes of the key as a big-endian 32-bit integer
 */
export function applyMask(
  source: Buffer,
  from: number,
  to: number,
  key: number,
  target: Buffer = source,
  at: number = from,
): void {
  if (to - from >= WORDS_FROM) {
    if (target !== source || at !== from) source.copy(target, at, from, to);
    maskWords(target, at, at + to - from, key);
  } else maskBytes(source, from, to, key, target, at);
}

function maskWords(bytes: Buffer, from: number, to: number, key: number): void {
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
  maskBytes(bytes, at, to, rotated, bytes, at);
}

function maskBytes(
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
