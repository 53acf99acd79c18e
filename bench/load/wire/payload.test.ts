import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { Payload } from './payload.ts';

const NO_MASK = new Uint8Array(4);
/** Sequence number and connection number at the head of a message. */
const STAMP = 9;

/** Writes a message at an offset within a larger buffer. */
function write(payload: Payload, connection: number, sequence: number, offset = 0): Buffer {
  const bytes = payload.size(connection, sequence);
  const target = Buffer.alloc(offset + bytes + 3, 0x21);
  payload.body.copy(target, offset, 0, bytes);
  payload.stamp(target, offset, bytes, connection, sequence, NO_MASK);
  assert.equal(target.toString('latin1', offset + bytes), '!!!', 'nothing is written beyond the message');
  return target.subarray(offset, offset + bytes);
}

/** Sizes around those at which the stamp, the frame header or the comparison method changes, and any others. */
const size = fc.oneof(
  fc.nat(300),
  fc.constantFrom(125, 126, 256, 257, 65_535, 65_536, 70_000),
  fc.nat(70_000),
);
const connection = fc.oneof(fc.nat(100), fc.nat(2 ** 24 - 1));
const sequence = fc.oneof(fc.nat(100), fc.nat(2 ** 30 - 1));

function fixed(bytes: number, type: 'text' | 'binary' = 'binary'): Payload {
  return new Payload({ minBytes: bytes, maxBytes: bytes, type }, 1);
}

test('a stamped message that is echoed compares equal at any offset, and is valid text', () => {
  fc.assert(
    fc.property(size, connection, sequence, fc.nat(40), (bytes, of, number, offset) => {
      const payload = fixed(bytes, 'text');
      const message = write(payload, of, number, offset);
      assert.equal(message.length, bytes);
      assert.equal(payload.check(message, 0, bytes, of, number), 'same');
      assert.ok(isUtf8(message));
      const around = Buffer.concat([Buffer.alloc(offset, 0xff), message, Buffer.alloc(3, 0xff)]);
      assert.equal(payload.check(around, offset, offset + bytes, of, number), 'same');
    }),
    { numRuns: 150 },
  );
});

test('a masked stamp is unmasked with the same mask', () => {
  const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat(40), connection, sequence, mask, (bytes, of, number, key) => {
      const payload = fixed(bytes);
      const masked = Buffer.from(payload.body.map((byte, i) => byte ^ (key[i & 3] ?? 0)));
      payload.stamp(masked, 0, bytes, of, number, key);
      const plain = Buffer.from(masked.map((byte, i) => byte ^ (key[i & 3] ?? 0)));
      assert.deepEqual(plain, write(payload, of, number));
    }),
  );
});

test('another sequence number of the same connection is out of order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 2000 }), connection, sequence, sequence, (bytes, of, sent, due) => {
      fc.pre(sent !== due);
      const payload = fixed(bytes);
      assert.equal(payload.check(write(payload, of, sent), 0, bytes, of, due), 'out-of-order');
    }),
  );
});

test('a message of another connection is a mismatch, whatever its sequence number', () => {
  fc.assert(
    fc.property(fc.integer({ min: STAMP, max: 2000 }), connection, connection, sequence, (bytes, a, b, n) => {
      fc.pre(a !== b);
      const payload = fixed(bytes);
      assert.equal(payload.check(write(payload, a, n), 0, bytes, b, n), 'mismatch');
    }),
  );
});

test('any single wrong byte is found, at all sizes around those at which the comparison method changes', () => {
  for (const bytes of [...Array(12).keys(), 255, 256, 257, 258]) {
    const payload = fixed(bytes);
    for (let at = 0; at < bytes; at++) {
      const echo = write(payload, 1, 2);
      echo[at] = (echo[at] ?? 0) ^ 1;
      assert.notEqual(payload.check(echo, 0, bytes, 1, 2), 'same');
    }
  }
});

test('any single wrong byte is found', () => {
  const change = fc.record({
    bytes: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(65_536, 70_000)),
    where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    xor: fc.integer({ min: 1, max: 255 }),
  });
  fc.assert(
    fc.property(change, connection, sequence, ({ bytes, where, xor }, of, number) => {
      const payload = fixed(bytes);
      const echo = write(payload, of, number);
      const at = Math.floor(where * bytes);
      echo[at] = (echo[at] ?? 0) ^ xor;
      const found = payload.check(echo, 0, bytes, of, number);
      // The first five bytes are the sequence number, so another value there means out of order.
      assert.equal(found, at < 5 ? 'out-of-order' : 'mismatch');
    }),
  );
});

test('an echo that is too short or too long is a mismatch', () => {
  for (const bytes of [0, 1, 8, 9, 64, 300]) {
    const payload = fixed(bytes);
    const echo = Buffer.concat([write(payload, 3, 4), Buffer.from('a')]);
    assert.equal(payload.check(echo, 0, bytes + 1, 3, 4), 'mismatch');
    if (bytes > 0) assert.equal(payload.check(echo, 0, bytes - 1, 3, 4), 'mismatch');
  }
});

test('sizes stay within their range, reach both ends, and are the same for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(70_000), fc.nat(30), fc.nat(2 ** 31), (minBytes, width, seed) => {
      const plan = { minBytes, maxBytes: minBytes + width, type: 'binary' } as const;
      const once = new Payload(plan, seed);
      const again = new Payload(plan, seed);
      const sizes = Array.from({ length: 1500 }, (_, i) => once.size(i % 7, i));
      assert.deepEqual(
        sizes,
        sizes.map((_, i) => again.size(i % 7, i)),
      );
      assert.equal(Math.min(...sizes), minBytes);
      assert.equal(Math.max(...sizes), minBytes + width);
    }),
    { numRuns: 25 },
  );
});

test('messages of different sizes are identified by their connection and sequence number', () => {
  const payload = new Payload({ minBytes: 9, maxBytes: 600, type: 'text' }, 11);
  for (let number = 0; number < 500; number++) {
    const message = write(payload, 5, number);
    assert.equal(payload.check(message, 0, message.length, 5, number), 'same');
    assert.notEqual(payload.check(message, 0, message.length, 5, number + 1), 'same');
    assert.notEqual(payload.check(message, 0, message.length, 6, number), 'same');
  }
});

test('contents and sizes do not change between versions, because the results of both are compared', () => {
  const payload = new Payload({ minBytes: 10, maxBytes: 80, type: 'text' }, 7);
  assert.deepEqual([payload.type, payload.minBytes, payload.maxBytes], ['text', 10, 80]);
  assert.equal(
    payload.body.toString(),
    'ahovcjqxelszgnubipwdkryfmtahovcjryfmtahovcjqxelszgnubipwdkryfmtaipwdkryfmtahovcj',
  );
  const messages = [
    [0, 0],
    [0, 1],
    [1, 0],
    [5, 1000],
    [70, 123_456],
  ] as const;
  assert.deepEqual(
    messages.map(([of, number]) => payload.size(of, number)),
    [40, 62, 78, 76, 57],
  );
  const seeded = new Payload({ minBytes: 10, maxBytes: 80, type: 'text' }, 8);
  assert.deepEqual([seeded.size(0, 0), seeded.size(5, 1000)], [56, 78]);
  // Five digits of the sequence number and four of the connection number, lowest first.
  const target = new Uint8Array(14);
  payload.stamp(target, 2, 80, 70 * 64 + 3, 1 + 64 * 2 + 64 ** 2 * 3 + 64 ** 3 * 4 + 64 ** 4 * 5, NO_MASK);
  assert.deepEqual([...target], [0, 0, 49, 50, 51, 52, 53, 51, 54, 49, 48, 0, 0, 0]);
});
