import assert from 'node:assert/strict';

/** A client's frame, unmasked. */
export interface ClientFrame {
  opcode: number;
  final: boolean;
  masked: boolean;
  key: string;
  payload: Buffer;
}

/**
 * Decodes the complete frames at the start of `bytes` according to RFC 6455 section 5.2, independently of the code
 * that wrote them. `rest` is the incomplete frame that follows.
 */
export function decodeFrames(bytes: Buffer): { frames: ClientFrame[]; rest: Buffer } {
  const frames: ClientFrame[] = [];
  let from = 0;
  for (;;) {
    const rest = bytes.subarray(from);
    if (rest.length < 2) return { frames, rest };
    const short = rest.readUInt8(1) & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const head = 2 + lengthBytes + 4;
    if (rest.length < head) return { frames, rest };
    const length =
      lengthBytes === 0 ? short : lengthBytes === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    assert.ok(
      lengthBytes === 0 || length > (lengthBytes === 2 ? 125 : 65_535),
      'the length is encoded in the shortest form',
    );
    if (rest.length < head + length) return { frames, rest };
    const first = rest.readUInt8(0);
    const key = rest.subarray(head - 4, head);
    const payload = Buffer.from(rest.subarray(head, head + length).map((b, i) => b ^ (key[i & 3] ?? 0)));
    frames.push({
      opcode: first & 0x0f,
      final: (first & 0xf0) === 0x80,
      masked: (rest.readUInt8(1) & 0x80) !== 0,
      key: key.toString('hex'),
      payload,
    });
    from += head + length;
  }
}

/** Encodes a server's frame. `first` is its first byte: FIN bit and opcode. */
export function serverFrame(first: number, payload: Uint8Array | string = ''): Buffer {
  const body = Buffer.from(payload);
  const { length } = body;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(first, 0);
  head.writeUInt8(length < 126 ? length : length < 65_536 ? 126 : 127, 1);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

/** Encodes a close frame with a code. */
export function closeFrame(code: number, reason = ''): Buffer {
  return serverFrame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}
