/** A key whose bytes all differ, so that masking with the wrong byte is detected. */
export const KEY = Buffer.from([0x01, 0xf2, 0x03, 0xe4]);

/**
 * Encodes a frame according to RFC 6455 section 5.2, independently of the code under test.
 *
 * @param first FIN bit and opcode
 * @param key a client's four-byte key; null for an unmasked frame, as from a server
 */
export function frame(first: number, payload: Uint8Array | string, key: Uint8Array | null): Buffer {
  const body = Buffer.from(payload);
  const { length } = body;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = (key === null ? 0 : 0x80) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (key === null) return Buffer.concat([head, body]);
  return Buffer.concat([head, key, body.map((byte, i) => byte ^ (key[i % 4] ?? 0))]);
}

export const clientFrame = (first: number, payload: Uint8Array | string = '', key: Uint8Array = KEY) =>
  frame(first, payload, key);

export const serverFrame = (first: number, payload: Uint8Array | string = '') => frame(first, payload, null);

/** Encodes the payload of a close frame. */
export const closePayload = (code: number, reason: Uint8Array | string = '') =>
  Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
