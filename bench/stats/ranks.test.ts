import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { doubledRanks } from './ranks.ts';

test('ranks start at 1 for the smallest value, in the order of the input; equal values share their mean rank', () => {
  assert.deepEqual(doubledRanks([30, 10, 20]), [6, 2, 4]);
  assert.deepEqual(doubledRanks([5, 1, 5, 7]), [5, 2, 5, 8]);
  assert.deepEqual(doubledRanks([4, 4, 4]), [4, 4, 4]);
  assert.deepEqual(doubledRanks([]), []);
});

test('a ratio and its inverse are a tie, despite rounding of the logarithms', () => {
  assert.notEqual(-Math.log(2 / 3), Math.log(3 / 2));
  assert.deepEqual(doubledRanks([-Math.log(2 / 3), Math.log(3 / 2)]), [3, 3]);
});

test('values that differ by less than a billionth are a tie', () => {
  assert.deepEqual(doubledRanks([0.01, 0.01 + 2e-9]), [2, 4]);
  assert.deepEqual(
    [doubledRanks([0, 1e-9]), doubledRanks([0, 0.9e-9])],
    [
      [2, 4],
      [3, 3],
    ],
  );
});

test('a rank is ½ plus the number of smaller values plus half the number of equal ones', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), (values) => {
      const expected = values.map((value) => {
        const smaller = values.filter((other) => other < value).length;
        const equal = values.filter((other) => other === value).length;
        return 2 * smaller + equal + 1;
      });
      assert.deepEqual(doubledRanks(values), expected);
    }),
  );
});
