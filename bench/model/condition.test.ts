import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, isMet, isOperator, type Operator } from './condition.ts';

test('a condition is met on its side of the limit, and never by an unknown value', () => {
  const met = (operator: Operator) =>
    [4, 5, 6, null].map((value) =>
      isMet({ text: '', metric: 'a', operator, limit: 5, unit: 'count' }, value),
    );
  const expected: Record<Condition['operator'], boolean[]> = {
    '<=': [true, true, false, false],
    '>=': [false, true, true, false],
    '==': [false, true, false, false],
    '<': [true, false, false, false],
    '>': [false, false, true, false],
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((operator) => [operator, met(operator as Operator)])),
    expected,
  );
  assert.deepEqual(['<', '<=', '=', '!=', 'toString', ''].map(isOperator), [
    ...[true, true, false, false, false, false],
  ]);
});
