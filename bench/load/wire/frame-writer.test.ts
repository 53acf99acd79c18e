import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrames } from '../connections/wire.test.fixture.ts';
import { FrameWriter } from './frame-writer.ts';
import { Payload } from './payload.ts';

function written(writer: FrameWriter, connection: number, sequence: number, count: number): Buffer {
  const buffer = writer.write(connection, sequence, count);
  const bytes = Buffer.from(buffer.subarray(0, writer.writtenBytes));
  writer.release(buffer);
  return bytes;
}

function assertHolds(payload: Payload, bytes: Buffer, connection: number, sequence: number, count: number) {
  const { frames, rest } = decodeFrames(bytes);
  assert.deepEqual([frames.length, rest.length], [count, 0]);
  frames.forEach((frame, i) => {
    assert.equal(frame.opcode, payload.type === 'text' ? 1 : 2);
    assert.ok(frame.final && frame.masked);
    const { length } = frame.payload;
    assert.equal(payload.check(frame.payload, 0, length, connection, sequence + i), 'same');
  });
}

const plan = fc
  .record({
    minBytes: fc.oneof(
      { weight: 3, arbitrary: fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 159, 160, 161)) },
      { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 70_000) },
    ),
    width: fc.oneof(fc.constant(0), fc.nat(400)),
    type: fc.constantFrom('text' as const, 'binary' as const),
  })
  .map(({ minBytes, width, type }) => ({ minBytes, maxBytes: minBytes + width, type }));

test('every frame is masked, complete, and carries the message defined by payload', () => {
  const write = fc.record({
    connection: fc.nat(60_000),
    sequence: fc.nat(2 ** 29),
    count: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(
      plan,
      fc.integer({ min: 1, max: 8 }),
      fc.array(write, { minLength: 1, maxLength: 4 }),
      (how, batch, writes) => {
        const payload = new Payload(how, 5);
        const writer = new FrameWriter(payload, batch);
        for (const { connection, sequence, count } of writes)
          assertHolds(payload, written(writer, connection, sequence, count), connection, sequence, count);
      },
    ),
    { numRuns: 40 },
  );
});

test('a buffer that was not released is never reused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 40 }),
      (steps) => {
        const payload = new Payload({ minBytes: 10, maxBytes: 40, type: 'binary' }, 2);
        const writer = new FrameWriter(payload, 3);
        const held: { buffer: Buffer; bytes: number; sequence: number; count: number }[] = [];
        let sequence = 0;
        for (const [count, giveBack] of steps) {
          held.push({
            buffer: writer.write(1, sequence, count),
            bytes: writer.writtenBytes,
            sequence,
            count,
          });
          sequence += count;
          const oldest = giveBack ? held.shift() : undefined;
          if (oldest !== undefined) writer.release(oldest.buffer);
          for (const one of held)
            assertHolds(payload, one.buffer.subarray(0, one.bytes), 1, one.sequence, one.count);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a released buffer of another size, such as that of a control frame, is not reused', () => {
  const writer = new FrameWriter(new Payload({ minBytes: 64, maxBytes: 64, type: 'text' }, 1), 2);
  for (const bytes of [6, 1000]) {
    const other = Buffer.alloc(bytes);
    writer.release(other);
    assert.notEqual(writer.write(9, 0, 2), other);
  }
});

test('a buffer holds exactly a batch of the largest messages, and the one released last is used next', () => {
  const writer = new FrameWriter(new Payload({ minBytes: 40, maxBytes: 40, type: 'binary' }, 1), 3);
  const [a, b] = [writer.write(1, 0, 3), writer.write(1, 3, 3)];
  assert.deepEqual([a.length, b.length, writer.writtenBytes], [3 * 46, 3 * 46, 3 * 46]);
  writer.release(a);
  writer.release(b);
  assert.equal(writer.write(1, 6, 3), b);
  const larger = writer.write(1, 9, 4);
  assert.notEqual(larger, a);
  writer.release(larger);
  assert.notEqual(writer.write(1, 13, 1), larger);
});

for (const [maxBytes, keys] of [
  [0, 64],
  [65_536, 64],
  [65_537, 63],
  [100_000, 41],
  [2 << 20, 4],
] as const)
  test(`${keys} keys are used in rotation for messages of up to ${maxBytes} bytes`, () => {
    const writer = new FrameWriter(new Payload({ minBytes: maxBytes, maxBytes, type: 'binary' }, 1), 1);
    const used = Array.from({ length: 2 * keys }, (_, sequence) => {
      const buffer = writer.write(1, sequence, 1);
      writer.release(buffer);
      // The key follows the length.
      const at = maxBytes === 0 ? 2 : 10;
      return buffer.toString('hex', at, at + 4);
    });
    assert.equal(new Set(used).size, keys);
    assert.deepEqual(used.slice(keys), used.slice(0, keys));
  });
