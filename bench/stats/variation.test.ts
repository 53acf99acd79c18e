import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClose } from './assert.test.fixture.ts';
import { variation } from './variation.ts';

test('variation is the sample standard deviation ÷ the mean, whatever the unit', () => {
  // mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, ÷ 7
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  assertClose(variation(values) ?? 0, Math.sqrt(32 / 7) / 5);
  assertClose(variation(values.map((value) => value * 1000)) ?? 0, Math.sqrt(32 / 7) / 5);
});

test('two values are enough', () => {
  assertClose(variation([1, 3]) ?? 0, Math.SQRT2 / 2);
});

test('equal values do not vary; for a single value it is null', () => {
  assert.equal(variation([3, 3, 3]), 0);
  assert.equal(variation([3]), null);
  assert.equal(variation([]), null);
});
