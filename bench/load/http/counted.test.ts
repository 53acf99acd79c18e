import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countStatus, statusKind } from './counted.ts';

test('responses are counted by the first digit of their status, and a 426 separately', () => {
  assert.deepEqual([101, 200, 299, 301, 404, 425, 426, 427, 500].map(statusKind), [
    '1xx',
    '2xx',
    '2xx',
    '3xx',
    '4xx',
    '4xx',
    '426',
    '4xx',
    '5xx',
  ]);
});

test('the cache status is the value of its header, in any case', () => {
  const cache: Record<string, number> = {};
  countStatus(cache, ['a', 'b', 'X-Cache-STATUS', 'HIT']);
  countStatus(cache, ['x-cache-status', 'HIT', 'a', 'b']);
  countStatus(cache, ['x-cache-status', 'MISS', 'x-cache-status', 'HIT']);
  // A value is not a name, and a name needs a value.
  countStatus(cache, ['a', 'x-cache-status', 'HIT', 'b']);
  countStatus(cache, ['a', 'b', 'x-cache-status']);
  countStatus(cache, []);
  assert.deepEqual(cache, { HIT: 2, MISS: 1, none: 3 });
});
