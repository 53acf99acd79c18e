import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logarithms } from './logarithms.ts';

test('only finite figures above 0 have a logarithm', () => {
  assert.deepEqual(logarithms([1, Math.E, 0.5]), [0, 1, -Math.LN2]);
  for (const figure of [0, -1, Number.POSITIVE_INFINITY, Number.NaN])
    assert.throws(() => logarithms([1, figure]), RangeError);
});
