import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { delaysOf, parseReconnect, RECONNECT } from './reconnect.ts';

test('valid policies are parsed, in µs', () => {
  assert.equal(parseReconnect('none'), null);
  assert.deepEqual(parseReconnect('immediate'), { firstUs: 0, longestUs: 0, jitter: false });
  assert.deepEqual(parseReconnect('500ms'), { firstUs: 500_000, longestUs: 500_000, jitter: false });
  assert.deepEqual(parseReconnect('100ms..10s'), { firstUs: 100_000, longestUs: 10_000_000, jitter: true });
});

test('any other text is rejected', () => {
  for (const text of ['', 'soon', '500', '5m', '100ms..', '..10s', '100ms..10s..20s', ' none'])
    assert.equal(RECONNECT.test(text), false, text);
  assert.throws(() => parseReconnect('soon'), TypeError);
});

test('the maximum delay doubles with each attempt up to the limit, and the delay is a random fraction of it', () => {
  const policy = { firstUs: 100_000, longestUs: 10_000_000, jitter: true };
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.nat(100), { minLength: 1 }), (seed, attempts) => {
      const [delay, again] = [delaysOf(policy, seed), delaysOf(policy, seed)];
      for (const attempt of attempts) {
        const us = delay(attempt);
        assert.ok(us >= 0 && us < Math.min(10_000_000, 100_000 * 2 ** attempt));
        assert.equal(again(attempt), us);
      }
    }),
  );
});

test('without jitter every delay is the same', () => {
  const delay = delaysOf({ firstUs: 500_000, longestUs: 500_000, jitter: false }, 7);
  assert.deepEqual([0, 1, 9].map(delay), [500_000, 500_000, 500_000]);
});
