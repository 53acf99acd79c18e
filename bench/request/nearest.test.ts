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

/** The number of missing, wrong, additional or swapped letters, by its definition. */
function edits(from: string, to: string): number {
  if (from === '' || to === '') return from.length + to.length;
  const [a, b] = [from.slice(0, -1), to.slice(0, -1)];
  const swapped = from.length > 1 && to.length > 1 && from.slice(-2) === `${to.at(-1)}${to.at(-2)}`;
  return Math.min(
    edits(a, to) + 1,
    edits(from, b) + 1,
    edits(a, b) + (from.at(-1) === to.at(-1) ? 0 : 1),
    swapped ? edits(from.slice(0, -2), to.slice(0, -2)) + 1 : Number.POSITIVE_INFINITY,
  );
}

test('the name with the fewest errors is suggested, the first of several such names', () => {
  const word = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength });
  fc.assert(
    fc.property(word(6), fc.array(word(6), { maxLength: 3 }), (typed, names) => {
      const counts = names.map((name) =>
        typed.length >= 3 && name.startsWith(typed) ? 1 : edits(typed, name),
      );
      const fewest = Math.min(...counts);
      const most = Math.max(1, Math.floor(typed.length / 3));
      assert.equal(nearest(typed, names), fewest > most ? null : names[counts.indexOf(fewest)]);
    }),
    { numRuns: 300 },
  );
  assert.equal(nearest('abc', ['ABD', 'abe']), 'ABD');
  assert.equal(nearest('abc', ['ABCDEFGH']), 'ABCDEFGH');
  assert.equal(nearest('ab', ['abcdefgh']), null);
});

test('one letter in three may be wrong, and only the first 64 letters are compared', () => {
  for (const [typed, name, found] of [
    ['ab', 'ax', true],
    ['abcde', 'abcxy', false],
    ['abcdef', 'abcdxy', true],
    ['abcdef', 'abcxyz', false],
    ['abcdefgh', 'abcdexyz', false],
    ['abcdefghi', 'abcdefxyz', true],
  ] as const)
    assert.equal(nearest(typed, [name]), found ? name : null, `${typed} ${name}`);
  const long = 'a'.repeat(64);
  assert.equal(nearest(`${long}${'z'.repeat(64)}`, [long]), long);
  assert.equal(nearest(`${long}z`, [`${long}${'y'.repeat(64)}`]), `${long}${'y'.repeat(64)}`);
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
