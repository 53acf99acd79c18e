import type { Payload as PayloadPlan } from '../../model/load.ts';

/**
 * Character code of the digit 0 in a stamp. Each digit encodes 6 bits as printable ASCII, which is valid in
 * both text and binary messages.
 */
const DIGIT_BASE = 0x30;
const SEQUENCE_DIGITS = 5;
const CONNECTION_DIGITS = 4;
const STAMP = SEQUENCE_DIGITS + CONNECTION_DIGITS;

/**
 * Result of comparing an echo with the message sent. `out-of-order`: everything except the sequence number
 * matches.
 */
export type EchoCheck = 'same' | 'out-of-order' | 'mismatch';

/**
 * Generates and checks message contents. A message starts with a 9-byte stamp: its sequence number (modulo
 * 2^30) and connection number, lowest digits first. Fixed text follows. A message shorter than the stamp
 * contains as much of it as fits.
 */
export class Payload {
  readonly type: 'text' | 'binary';
  readonly minBytes: number;
  readonly maxBytes: number;
  /**
   * Body of the longest message. Each message is a prefix of this body, with the stamp written over its first
   * bytes.
   */
  readonly body: Buffer;
  readonly #seed: number;

  constructor(plan: PayloadPlan, seed: number) {
    this.type = plan.type;
    this.minBytes = plan.minBytes;
    this.maxBytes = plan.maxBytes;
    this.#seed = seed;
    this.body = Buffer.allocUnsafe(plan.maxBytes);
    for (let i = 0; i < plan.maxBytes; i++) this.body[i] = 0x61 + ((i * 7 + (i >>> 5)) % 26);
  }

  /** Returns a message's size, as a pure function of its connection and sequence number. */
  size(connection: number, sequence: number): number {
    if (this.minBytes === this.maxBytes) return this.maxBytes;
    let mixed = Math.imul(connection ^ this.#seed, 0x9e3779b1) ^ Math.imul(sequence + 1, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    mixed = (mixed ^ (mixed >>> 12)) >>> 0;
    return this.minBytes + (mixed % (this.maxBytes - this.minBytes + 1));
  }

  /**
   * Writes the stamp at offset `at`, XORed with `mask` (bytes in the order of RFC 6455 section 5.3; all 0 for
   * no masking).
   */
  stamp(
    target: Uint8Array,
    at: number,
    bytes: number,
    connection: number,
    sequence: number,
    mask: Uint8Array,
  ): void {
    const stamped = Math.min(bytes, STAMP);
    let digits = sequence;
    for (let i = 0; i < stamped; i++) {
      if (i === SEQUENCE_DIGITS) digits = connection;
      target[at + i] = ((digits & 63) + DIGIT_BASE) ^ (mask[i & 3] as number);
      digits >>>= 6;
    }
  }

  /**
   * Compares an echo, which occupies bytes `from` to `to`, against message number `sequence` of the given
   * connection.
   */
  check(echo: Buffer, from: number, to: number, connection: number, sequence: number): EchoCheck {
    const bytes = to - from;
    if (bytes !== this.size(connection, sequence)) return 'mismatch';
    const stamped = Math.min(bytes, STAMP);
    let ordered = true;
    let digits = sequence;
    for (let i = 0; i < stamped; i++) {
      if (i === SEQUENCE_DIGITS) digits = connection;
      if (echo[from + i] !== (digits & 63) + DIGIT_BASE) {
        if (i >= SEQUENCE_DIGITS) return 'mismatch';
        ordered = false;
      }
      digits >>>= 6;
    }
    if (bytes > STAMP && !this.#sameBody(echo, from, to)) return 'mismatch';
    return ordered ? 'same' : 'out-of-order';
  }

  #sameBody(echo: Buffer, from: number, to: number): boolean {
    const body = this.body;
    const bytes = to - from;
    // A call into C++ takes as long as comparing about 200 bytes in the loop below.
    if (bytes > 256) return echo.compare(body, STAMP, bytes, from + STAMP, to) === 0;
    for (let i = STAMP; i < bytes; i++) if (echo[from + i] !== body[i]) return false;
    return true;
  }
}
