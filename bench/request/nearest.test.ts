import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest, suggestion } from './nearest.ts';

const NAMES = ['direct', 'plain', 'tls', 'http2', 'cache', 'load-balanced'];

test('typing errors are recognised: a missing, wrong, additional or swapped letter, or another case', () => {
  for (const [typed, meant] of [
    ['plian', 'plain'],
    ['plan', 'plain'],
    ['TLS', 'tls'],
    ['tsl', 'tls'],
    ['htpp2', 'http2'],
    ['loadbalanced', 'load-balanced'],
    ['load', 'load-balanced'],
    ['cahce', 'cache'],
  ] as const) {
    assert.equal(nearest(typed, NAMES), meant, typed);
  }
});

test('no name is suggested for a word that is not similar to any', () => {
  for (const typed of ['', 'x', 'quic', 'envoy', 'something else'])
    assert.equal(nearest(typed, NAMES), null, typed);
  assert.equal(suggestion('quic', NAMES), '');
  assert.equal(suggestion('tsl', NAMES), ' Did you mean tls?');
});

test('a known name is most similar to itself, and every suggestion is a known name', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...NAMES), (typed, name) => {
      assert.equal(nearest(name, NAMES), name);
      const answer = nearest(typed, NAMES);
      assert.ok(answer === null || NAMES.includes(answer));
    }),
  );
});
