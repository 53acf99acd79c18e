import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { closeCode, closeFrame, type FrameHeader, readHeader, serverFrame, unmask } from './frames.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('readHeader', () => {
  const cases: [string, ReturnType<typeof readHeader>, string][] = [
    ['', 'incomplete', 'nothing'],
    ['81', 'incomplete', 'one byte'],
    ['81 85 01 02 03', 'incomplete', 'half a key'],
    ['81 fe 01', 'incomplete', 'half a length of 16 bits'],
    ['82 ff 00 00 00 00 00 00 00', 'incomplete', 'half a length of 64 bits'],
    ['81 05 00 00 00 00', 1002, 'a frame without mask'],
    ['c1 85 00 00 00 00', 1002, 'RSV1'],
    ['91 85 00 00 00 00', 1002, 'RSV3'],
    ['83 85 00 00 00 00', 1002, 'opcode 3'],
    ['8b 85 00 00 00 00', 1002, 'opcode 11'],
    ['09 80 00 00 00 00', 1002, 'a fragmented ping'],
    ['89 fe 00 7e 00 00 00 00', 1002, 'a ping of 126 bytes'],
    ['82 fe 03 e9 00 00 00 00', 1009, 'a byte too many'],
    ['82 ff 00 00 00 01 00 00 00 00', 1009, 'a length beyond 32 bits, its key still to come'],
  ];
  for (const [bytes, fault, what] of cases) {
    it(`${what}: ${fault}`, () => {
      const header: FrameHeader = { first: 0, size: 0, length: 0 };
      assert.equal(readHeader(hex(bytes), 0, hex(bytes).length, 1000, header), fault);
    });
  }

  it('reads each form of length, at any offset', () => {
    const header: FrameHeader = { first: 0, size: 0, length: 0 };
    const read = (bytes: string, at: number) => {
      assert.equal(readHeader(hex(bytes), at, hex(bytes).length, 2 ** 53, header), null);
      return { ...header };
    };
    assert.deepEqual(read('81 85 00 00 00 00', 0), { first: 0x81, size: 6, length: 5 });
    assert.deepEqual(read('ff ff 02 fe 01 00 00 00 00 00', 2), { first: 0x02, size: 8, length: 256 });
    assert.deepEqual(read('80 ff 00 00 00 01 00 00 00 02 00 00 00 00', 0), {
      first: 0x80,
      size: 14,
      length: 2 ** 32 + 2,
    });
  });
});

describe('unmask', () => {
  it('is the key over every byte, whatever the length and the alignment, and leaves the rest alone', () => {
    const sizes = fc.oneof(fc.nat(20), fc.integer({ min: 100, max: 1000 }));
    fc.assert(
      fc.property(
        sizes,
        fc.nat(9),
        fc.nat(9),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (length, before, offset, key) => {
          const bytes = Buffer.from(new ArrayBuffer(offset + before + length + 9), offset);
          for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31;
          const expected = Buffer.from(bytes);
          for (let i = 0; i < length; i++) {
            expected[before + i] = (expected[before + i] ?? 0) ^ (key[i % 4] ?? 0);
          }
          unmask(bytes, before, before + length, Buffer.from(key).readInt32BE(0));
          assert.ok(bytes.equals(expected));
        },
      ),
    );
  });
});

describe('server frames', () => {
  it('use the shortest length', () => {
    assert.equal(serverFrame(0x81, Buffer.from('Hello')).toString('hex'), '810548656c6c6f');
    assert.deepEqual(serverFrame(0x82, Buffer.alloc(126)).subarray(0, 5), hex('82 7e 00 7e 00'));
    assert.deepEqual(
      serverFrame(0x82, Buffer.alloc(65_536)).subarray(0, 10),
      hex('82 7f 00 00 00 00 00 01 00 00'),
    );
    assert.deepEqual(closeFrame(1001), hex('88 02 03 e9'));
    assert.deepEqual(closeFrame(null), hex('88 00'));
  });

  it('close codes: those that may be sent are kept, others earn 1002', () => {
    assert.equal(closeCode(Buffer.alloc(0)), null);
    assert.equal(closeCode(hex('03')), 1002);
    for (const code of [1000, 1001, 1003, 1007, 1014, 3000, 4999]) {
      assert.equal(closeCode(Buffer.of(code >> 8, code & 255, 0x61)), code);
    }
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000]) {
      assert.equal(closeCode(Buffer.of(code >> 8, code & 255)), 1002);
    }
  });
});
