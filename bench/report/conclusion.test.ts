import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateOf } from '../../test/result.ts';
import { conclusionOf } from './conclusion.ts';

test('the conclusion of a kind is the first of that kind, or null', () => {
  const [first, second] = [rateOf(1000), rateOf(2000)];
  assert.equal(conclusionOf({ conclusions: [first, second] }, 'rate'), first);
  assert.equal(conclusionOf({ conclusions: [first] }, 'price'), null);
});
