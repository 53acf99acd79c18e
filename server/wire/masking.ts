import { endianness } from 'node:os';

/** Number of bytes from which data is masked a word at a time. For less, creating the view costs more than it saves. */
const WORDS_FROM = 128;
const LITTLE_ENDIAN = endianness() === 'LE';

/**
 * Applies a masking key (RFC 6455 section 5.3) to `from`..`to` of `source` and writes the result to `target`
 * from `at` on, by default in place. Masking and unmasking are the same operation. Within one buffer, `at`
 * must not exceed `from`.
 *
 * @param key the four bytes of the key as a big-endian 32-bit integer
 * @returns whether the whole result is ASCII, which costs almost nothing to determine along the way
 */
export function applyMask(
  source: Buffer,
  from: number,
  to: number,
  key: number,
  target: Buffer = source,
  at: number = from,
): boolean {
  if (to - from < WORDS_FROM) return maskBytes(source, from, to, key, target, at);
  if (target !== source || at !== from) source.copy(target, at, from, to);
  return maskWords(target, at, at + to - from, key);
}

function maskWords(bytes: Buffer, from: number, to: number, key: number): boolean {
  const aligned = from + (-(bytes.byteOffset + from) & 3);
  const turns = 8 * (aligned - from);
  const rotated = turns === 0 ? key : (key << turns) | (key >>> (32 - turns));
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (to - aligned) >> 2);
  const word = LITTLE_ENDIAN ? swapped(rotated) : rotated;
  let bits = 0;
  for (let i = 0; i < words.length; i++) {
    const masked = (words[i] as number) ^ word;
    words[i] = masked;
    bits |= masked;
  }
  const rest = aligned + words.length * 4;
  const head = maskBytes(bytes, from, aligned, key, bytes, from);
  const tail = maskBytes(bytes, rest, to, rotated, bytes, rest);
  return head && tail && (bits & 0x80808080) === 0;
}

function maskBytes(
  source: Buffer,
  from: number,
  to: number,
  key: number,
  target: Buffer,
  targetFrom: number,
): boolean {
  const first = key >>> 24;
  const second = (key >>> 16) & 0xff;
  const third = (key >>> 8) & 0xff;
  const fourth = key & 0xff;
  let at = from;
  let out = targetFrom;
  let bits = 0;
  for (; at + 3 < to; at += 4, out += 4) {
    const a = (source[at] as number) ^ first;
    const b = (source[at + 1] as number) ^ second;
    const c = (source[at + 2] as number) ^ third;
    const d = (source[at + 3] as number) ^ fourth;
    target[out] = a;
    target[out + 1] = b;
    target[out + 2] = c;
    target[out + 3] = d;
    bits |= a | b | c | d;
  }
  for (let shift = 24; at < to; at++, out++, shift -= 8) {
    const byte = (source[at] as number) ^ ((key >>> shift) & 0xff);
    target[out] = byte;
    bits |= byte;
  }
  return bits < 0x80;
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
