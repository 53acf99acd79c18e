import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { doubledRanks } from './ranks.ts';

test('ranks go from 1 for the smallest, in the places of the values; equal values share the mean', () => {
  assert.deepEqual(doubledRanks([30, 10, 20]), [6, 2, 4]);
  assert.deepEqual(doubledRanks([5, 1, 5, 7]), [5, 2, 5, 8]);
  assert.deepEqual(doubledRanks([4, 4, 4]), [4, 4, 4]);
  assert.deepEqual(doubledRanks([]), []);
});

test('the same ratio either way is a tie, whatever rounding does to its logarithm', () => {
  assert.notEqual(-Math.log(2 / 3), Math.log(3 / 2));
  assert.deepEqual(doubledRanks([-Math.log(2 / 3), Math.log(3 / 2)]), [3, 3]);
});

test('a billionth is the difference that counts', () => {
  assert.deepEqual(doubledRanks([0.01, 0.01 + 2e-9]), [2, 4]);
});

test('a rank is ½ more than the number of smaller values and half that of equal ones', () => {
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
