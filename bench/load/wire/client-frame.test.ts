import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientHeaderBytes, writeClientHeader } from './client-frame.ts';

test('a client header is final and masked, has the expected length, and ends with its key', () => {
  for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 2 ** 32 + 5]) {
    const target = Buffer.alloc(20);
    const end = writeClientHeader(target, 2, 2, bytes, Uint8Array.of(1, 2, 3, 4));
    assert.equal(end - 2, clientHeaderBytes(bytes));
    assert.equal(target[2], 0x82);
    assert.equal(target[3], 0x80 | (bytes < 126 ? bytes : bytes < 65_536 ? 126 : 127));
    assert.deepEqual([...target.subarray(end - 4, end)], [1, 2, 3, 4]);
    if (bytes >= 126 && bytes < 65_536) assert.equal(target.readUInt16BE(4), bytes);
    if (bytes >= 65_536) assert.equal(target.readBigUInt64BE(4), BigInt(bytes));
  }
});
