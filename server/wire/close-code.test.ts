import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodeOf } from './close-code.ts';
import { closePayload } from './frame.test.fixture.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('only codes that may be sent are accepted, with or without a reason', () => {
  for (const reason of ['', 'why']) {
    const taken = range(0, 65_535).filter((code) => closeCodeOf(closePayload(code, reason)) !== null);
    assert.deepEqual(taken, [...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
    for (const code of taken) assert.equal(closeCodeOf(closePayload(code, reason)), code);
  }
});

test('an empty payload means no code, and half a code is invalid', () => {
  assert.equal(closeCodeOf(Buffer.alloc(0)), 1005);
  assert.equal(closeCodeOf(Buffer.of(3)), null);
});
