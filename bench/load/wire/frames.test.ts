import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientHeaderBytes, closeCodeOf, FrameReader, writeClientHeader } from './frames.ts';

interface Frame {
  opcode: number;
  final: boolean;
  payload: Uint8Array;
}

/** A frame as a server sends it: not masked (RFC 6455 section 5.2). */
function serverFrame({ opcode, final, payload }: Frame): Buffer {
  const bytes = payload.length;
  const length =
    bytes < 126
      ? Buffer.from([bytes])
      : bytes < 65_536
        ? Buffer.from([126, bytes >> 8, bytes & 255])
        : Buffer.concat([
            Buffer.from([127, 0, 0, 0, 0]),
            Buffer.from(new Uint32Array([bytes]).buffer).reverse(),
          ]);
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode]), length, payload]);
}

type Heard = [kind: string, payload: string];

function listen(reader: FrameReader): {
  heard: Heard[];
  feed: (bytes: Buffer, cuts: number[]) => string | null;
} {
  const heard: Heard[] = [];
  const handler = {
    message: (buffer: Buffer, from: number, to: number, text: boolean) =>
      void heard.push([text ? 'text' : 'binary', buffer.toString('hex', from, to)]),
    control: (opcode: number, payload: Buffer) =>
      void heard.push([`control ${opcode}`, payload.toString('hex')]),
  };
  const feed = (bytes: Buffer, cuts: number[]) => {
    let from = 0;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      const to = Math.min(cut, bytes.length);
      // Each chunk in one buffer that is used again, as the sockets do it.
      const shared = Buffer.alloc(bytes.length + 3, 0xee);
      bytes.copy(shared, 3, from, to);
      const error = reader.read(shared, 3, 3 + to - from, handler);
      if (error !== null) return `${error.code} ${error.reason}`;
      shared.fill(0xdd);
      from = to;
    }
    return null;
  };
  return { heard, feed };
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 140 }),
  fc
    .constantFrom(125, 126, 127, 65_535, 65_536, 70_000)
    .map((length) => new Uint8Array(length).fill(length & 255)),
);
const message = fc.record({
  text: fc.boolean(),
  fragments: fc.array(payload, { minLength: 1, maxLength: 3 }),
  ping: fc.option(fc.uint8Array({ maxLength: 125 }), { nil: null }),
});

test('every stream of messages, fragments and control frames is read the same at any split', () => {
  const property = fc.property(
    fc.array(message, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(300_000), { maxLength: 12 }),
    (messages, cuts) => {
      const frames: Frame[] = [];
      const expected: Heard[] = [];
      for (const { text, fragments, ping } of messages) {
        fragments.forEach((part, i) => {
          const final = i === fragments.length - 1;
          frames.push({ opcode: i > 0 ? 0 : text ? 1 : 2, final, payload: part });
          if (ping !== null && i === 0) {
            frames.push({ opcode: 9, final: true, payload: ping });
            if (!final) expected.push(['control 9', Buffer.from(ping).toString('hex')]);
          }
        });
        expected.push([text ? 'text' : 'binary', Buffer.concat(fragments).toString('hex')]);
        if (ping !== null && fragments.length === 1)
          expected.push(['control 9', Buffer.from(ping).toString('hex')]);
      }
      const { heard, feed } = listen(new FrameReader(1 << 24));
      assert.equal(feed(Buffer.concat(frames.map(serverFrame)), cuts), null);
      assert.deepEqual(heard, expected);
    },
  );
  fc.assert(property, { numRuns: 150 });
});

test('one byte at a time', () => {
  const bytes = Buffer.concat([
    serverFrame({ opcode: 2, final: true, payload: new Uint8Array(300).fill(7) }),
    serverFrame({ opcode: 8, final: true, payload: Buffer.from([0x03, 0xe8]) }),
  ]);
  const { heard, feed } = listen(new FrameReader(1000));
  assert.equal(feed(bytes, [...bytes.keys()]), null);
  assert.deepEqual(
    heard.map(([kind]) => kind),
    ['binary', 'control 8'],
  );
});

const INVALID: [string, number[], RegExp][] = [
  ['a reserved bit', [0xc1, 0x00], /^1002 a reserved bit/],
  ['a masked frame', [0x81, 0x80, 1, 2, 3, 4], /^1002 .*masked/],
  ['an undefined opcode', [0x83, 0x00], /^1002 opcode 3/],
  ['an undefined control opcode', [0x8b, 0x00], /^1002 opcode 11/],
  ['a fragmented ping', [0x09, 0x00], /^1002 a control frame/],
  ['a long ping', [0x89, 126, 0, 126], /^1002 a control frame/],
  ['a continuation of nothing', [0x80, 0x00], /^1002 fragments/],
  ['a new message within fragments', [0x01, 0x00, 0x81, 0x00], /^1002 fragments/],
  ['a length that is not minimal', [0x82, 126, 0, 5], /^1002 a length/],
  ['a 64-bit length that is not minimal', [0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0], /^1002 a length/],
  ['a frame that is too large', [0x82, 126, 0x10, 0], /^1009 /],
];

for (const [what, bytes, expected] of INVALID) {
  test(`refuses ${what}, at any split`, () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { feed } = listen(new FrameReader(1000));
      assert.match(feed(Buffer.from(bytes), [cut]) ?? 'no error', expected);
    }
  });
}

test('refuses a fragmented message that grows too large', () => {
  const part = new Uint8Array(600);
  const bytes = [0, 1].map((i) => serverFrame({ opcode: i === 0 ? 2 : 0, final: i === 1, payload: part }));
  const { heard, feed } = listen(new FrameReader(1000));
  assert.match(feed(Buffer.concat(bytes), []) ?? '', /^1009/);
  assert.deepEqual(heard, []);
});

test('junk never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 4 }), (junk, cuts) => {
      listen(new FrameReader(1 << 16)).feed(Buffer.from(junk), cuts);
    }),
  );
});

test('a client header has the length that was reckoned, and its length in the shortest form', () => {
  for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 2 ** 32 + 5]) {
    const target = Buffer.alloc(20);
    const end = writeClientHeader(target, 2, 2, bytes, new Uint8Array([1, 2, 3, 4]));
    assert.equal(end - 2, clientHeaderBytes(bytes));
    assert.equal(target[2], 0x82);
    assert.equal(target[3], 0x80 | (bytes < 126 ? bytes : bytes < 65_536 ? 126 : 127));
    assert.deepEqual([...target.subarray(end - 4, end)], [1, 2, 3, 4]);
    if (bytes >= 65_536) assert.equal(target.readBigUInt64BE(4), BigInt(bytes));
  }
});

test('only codes that may be sent are taken from a close frame', () => {
  const code = (number: number) => closeCodeOf(Buffer.from([number >> 8, number & 255, 0x62, 0x79, 0x65]));
  const valid = Array.from({ length: 65_536 }, (_, number) => number).filter(
    (number) => code(number) !== null,
  );
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assert.deepEqual(valid, [...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
  for (const number of valid) assert.equal(code(number), number);
  assert.equal(closeCodeOf(Buffer.alloc(0)), 1005);
  assert.equal(closeCodeOf(Buffer.from([3])), null);
});
