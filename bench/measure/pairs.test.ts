import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergePairs, pairsOf } from './pairs.ts';

const pairs = (...values: number[]) => Uint32Array.from(values);

test('buckets of both lists are added, the others are kept, in ascending order', () => {
  const [a, b] = [pairs(0, 5, 2, 7, 9, 1), pairs(2, 3, 3, 4, 9, 2, 10, 6)];
  const merged = pairs(0, 5, 2, 10, 3, 4, 9, 3, 10, 6);
  assert.deepEqual([mergePairs(a, b), mergePairs(b, a)], [merged, merged]);
  assert.deepEqual(mergePairs(pairs(1, 1), pairs(2, 2)), pairs(1, 1, 2, 2));
  assert.deepEqual([mergePairs(pairs(), a), mergePairs(a, pairs()), mergePairs(undefined, a)], [a, a, a]);
});

test('counts by bucket become pairs in ascending order', () => {
  const counts = new Map([
    [10, 1],
    [9, 2],
    [0, 3],
  ]);
  assert.deepEqual(pairsOf(counts), pairs(0, 3, 9, 2, 10, 1));
  assert.deepEqual(pairsOf(new Map()), pairs());
});
