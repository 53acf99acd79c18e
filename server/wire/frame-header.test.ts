import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frame } from './frame.test.fixture.ts';
import {
  FIN,
  type FrameHeader,
  headerBytes,
  KEY_BYTES,
  OPCODE,
  readHeader,
  writeHeader,
} from './frame-header.ts';

const MAX = 100_000;

/** Returns what readHeader() finds in hexadecimal digits. Asserts the same for these bytes at another offset. */
function read(digits: string, masked: boolean, max = MAX) {
  const bytes = Buffer.from(digits.replaceAll(' ', ''), 'hex');
  const header: FrameHeader = { first: 0, size: 0, length: 0 };
  const found = readHeader(bytes, 0, bytes.length, masked, max, header) ?? { ...header };
  const behind = Buffer.concat([Buffer.from('ffff', 'hex'), bytes, Buffer.alloc(20)]);
  const again = readHeader(behind, 2, 2 + bytes.length, masked, max, header) ?? { ...header };
  assert.deepEqual(again, found, 'the same at any offset, and no byte beyond the end is read');
  return found;
}

describe('readHeader', () => {
  it('uses the numbers of RFC 6455 section 5.2', () => {
    assert.deepEqual([FIN, KEY_BYTES], [0x80, 4]);
    assert.deepEqual(OPCODE, { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });
  });

  it('reads control frames of up to 125 bytes', () => {
    for (const first of [0x88, 0x89, 0x8a])
      for (const length of [0, 125])
        assert.deepEqual(read(Buffer.of(first, length).toString('hex'), false), { first, size: 2, length });
  });

  it('reads the smallest length that needs 16 bits, and the smallest that needs 64', () => {
    assert.deepEqual(read('82 7e 00 7e', false), { first: 0x82, size: 4, length: 126 });
    assert.deepEqual(read('82 7e ff ff', false), { first: 0x82, size: 4, length: 65_535 });
    assert.deepEqual(read('82 7f 00 00 00 00 00 01 00 00', false), { first: 0x82, size: 10, length: 65_536 });
  });

  it('reads each length encoding, masked and unmasked', () => {
    assert.deepEqual(read('81 05', false), { first: 0x81, size: 2, length: 5 });
    assert.deepEqual(read('81 85 00 00 00 00', true), { first: 0x81, size: 6, length: 5 });
    assert.deepEqual(read('02 7e 01 00', false), { first: 0x02, size: 4, length: 256 });
    assert.deepEqual(read('02 fe 01 00 00 00 00 00', true), { first: 0x02, size: 8, length: 256 });
    const [long, most] = ['00 00 00 01 00 00 00 02', 2 ** 32 + 2];
    assert.deepEqual(read(`80 7f ${long}`, false, most), { first: 0x80, size: 10, length: most });
    assert.deepEqual(read(`80 ff ${long} 00 00 00 00`, true, most), { first: 0x80, size: 14, length: most });
  });

  it('waits for the rest of a header that is split anywhere', () => {
    for (const digits of ['01', '8a', '027e0100', '827f0000000000010000']) {
      for (const masked of [false, true]) {
        const bytes = Buffer.from(digits.padEnd(4, '0'), 'hex');
        if (masked) bytes[1] = (bytes[1] ?? 0) | 0x80;
        const whole = masked ? Buffer.concat([bytes, Buffer.alloc(4)]) : bytes;
        for (let end = 0; end < whole.length; end++)
          assert.equal(read(whole.toString('hex', 0, end), masked), 'incomplete', `${digits} to ${end}`);
        assert.equal(typeof read(whole.toString('hex'), masked), 'object');
      }
    }
  });

  it('accepts the largest payload, and rejects one byte more as soon as the length is known', () => {
    assert.equal(typeof read('81 64', false, 100), 'object');
    assert.equal(read('81 65', false, 100), 1009);
    assert.equal(read('81 e5', true, 100), 1009);
    assert.equal(read('82 fe 03 e9', true, 1000), 1009);
    assert.equal(read('82 ff 00 00 00 01 00 00 00 00', true, 1000), 1009);
  });

  const BREACHES: [what: string, unmasked: string][] = [
    ['RSV1', 'c1 05'],
    ['RSV2', 'a1 05'],
    ['RSV3', '91 05'],
    ['opcode 3', '83 05'],
    ['opcode 7', '87 05'],
    ['opcode 11', '8b 05'],
    ['opcode 15', '8f 05'],
    ['a fragmented close', '08 00'],
    ['a fragmented ping', '09 00'],
    ['a fragmented pong', '0a 00'],
    ['a ping of 126 bytes', '89 7e 00 7e'],
    ['16 bits for a length of 125', '82 7e 00 7d'],
    ['64 bits for a length of 65,535', '82 7f 00 00 00 00 00 00 ff ff'],
  ];
  for (const [what, digits] of BREACHES) {
    it(`refuses ${what}`, () => {
      assert.equal(read(digits, false), 1002);
      const masked = Buffer.from(digits.replaceAll(' ', ''), 'hex');
      masked[1] = (masked[1] ?? 0) | 0x80;
      assert.equal(read(masked.toString('hex'), true), 1002);
    });
  }

  it('rejects a masked frame from a server, and an unmasked one from a client', () => {
    assert.equal(read('81 85 00 00 00 00', false), 1002);
    assert.equal(read('81 05 00 00 00 00', true), 1002);
  });
});

describe('writeHeader', () => {
  it('writes a header as in RFC 6455 section 5.2, with the length in its shortest form, and returns where it ends', () => {
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      for (const masked of [false, true]) {
        const target = Buffer.alloc(16, 0xee);
        const end = writeHeader(target, 3, 0x82, length, masked);
        const expected = frame(0x82, Buffer.alloc(length), masked ? Buffer.alloc(4) : null);
        assert.equal(end - 3, headerBytes(length));
        assert.deepEqual(target.subarray(3, end), expected.subarray(0, headerBytes(length)));
        assert.deepEqual([...new Set([...target.subarray(0, 3), ...target.subarray(end)])], [0xee]);
      }
    }
  });

  it('writes a length beyond 32 bits', () => {
    const target = Buffer.alloc(10);
    writeHeader(target, 0, 0x82, 2 ** 32 + 5, false);
    assert.equal(target.readBigUInt64BE(2), 2n ** 32n + 5n);
  });
});
