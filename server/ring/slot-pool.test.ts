import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotPool } from './slot-pool.ts';

test('the slot that became free last is taken first, and −1 means that there is none', () => {
  const pool = new SlotPool({ address: 0, bytes: Buffer.alloc(3), count: 3, size: 1 });
  assert.equal(pool.free, 3);
  assert.deepEqual([pool.take(), pool.take(), pool.take(), pool.take()], [0, 1, 2, -1]);
  assert.equal(pool.free, 0);
  for (const slot of [2, 0]) pool.release(slot);
  assert.equal(pool.free, 2);
  assert.deepEqual([pool.take(), pool.take(), pool.take()], [0, 2, -1]);
});

test('bytes are copied into their slot only, whatever their number', (t) => {
  for (const bytes of [0, 1, 160, 161]) {
    const memory = Buffer.alloc(3 * 200, 0xee);
    const pool = new SlotPool({ address: 0, bytes: memory, count: 3, size: 200 });
    assert.equal(pool.size, 200);
    const source = Buffer.from(Array.from({ length: 180 }, (_, index) => index));
    const { mock } = t.mock.method(source, 'copy');
    pool.fill(1, 7, source, bytes);
    const expected = Buffer.alloc(3 * 200, 0xee);
    expected.set(source.subarray(0, bytes), 207);
    assert.deepEqual(memory, expected);
    // A call is only worthwhile for more bytes.
    assert.equal(mock.callCount(), bytes > 160 ? 1 : 0);
  }
});

test('a copy of bytes in a slot does not change with the slot', () => {
  const memory = Buffer.from('abcdefghi');
  const pool = new SlotPool({ address: 0, bytes: memory, count: 3, size: 3 });
  const copy = pool.copy(1, 1, 3);
  memory.fill('x');
  assert.equal(copy.toString(), 'ef');
});
