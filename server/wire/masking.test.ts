import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyMask } from './masking.ts';

/** Creates bytes that differ from their neighbours, at the given alignment in memory. */
function numbered(length: number, offset: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(offset + length), offset);
  for (let i = 0; i < length; i++) bytes[i] = i * 31;
  return bytes;
}

const span = fc.record({
  length: fc.oneof(fc.nat(20), fc.integer({ min: 100, max: 1000 })),
  before: fc.nat(9),
  offset: fc.nat(9),
  key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
});

const masked = (bytes: Buffer, key: Uint8Array) => bytes.map((byte, i) => byte ^ (key[i % 4] ?? 0));

test('in place: the key is applied to every byte of the range, and to no other', () => {
  fc.assert(
    fc.property(span, ({ length, before, offset, key }) => {
      const bytes = numbered(before + length + 9, offset);
      const expected = Buffer.from(bytes);
      expected.set(masked(expected.subarray(before, before + length), key), before);
      applyMask(bytes, before, before + length, Buffer.from(key).readInt32BE());
      assert.deepEqual(bytes, expected);
    }),
  );
});

test('into another buffer: the source is not modified', () => {
  fc.assert(
    fc.property(span, fc.nat(9), ({ length, before, offset, key }, at) => {
      const source = numbered(before + length + 9, offset);
      const target = Buffer.alloc(at + length + 9, 0xee);
      applyMask(source, before, before + length, Buffer.from(key).readInt32BE(), target, at);
      assert.deepEqual(source, numbered(before + length + 9, offset));
      const expected = Buffer.alloc(at + length + 9, 0xee);
      expected.set(masked(source.subarray(before, before + length), key), at);
      assert.deepEqual(target, expected);
    }),
  );
});

test('the result is ASCII if no byte has its highest bit set', () => {
  fc.assert(
    fc.property(span, fc.option(fc.nat(1000), { nil: null }), ({ length, before, offset, key }, where) => {
      const bytes = numbered(before + length + 9, offset);
      bytes.fill(0xff, 0, before).fill(0xff, before + length);
      const text = bytes.subarray(before, before + length);
      for (let i = 0; i < length; i++) text[i] = (text[i] ?? 0) & 0x7f;
      if (where !== null && where < length) text[where] = 0x80;
      text.set(masked(text, key));
      const ascii = applyMask(bytes, before, before + length, Buffer.from(key).readInt32BE());
      assert.equal(ascii, where === null || where >= length);
    }),
    { numRuns: 500 },
  );
});

test('the example of RFC 6455 section 5.7', () => {
  const bytes = Buffer.from('7f9f4d5158', 'hex');
  applyMask(bytes, 0, 5, 0x37fa213d);
  assert.equal(bytes.toString(), 'Hello');
});
