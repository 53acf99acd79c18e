import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLines, hunksOf } from './diff.ts';

const told = (before: string, after: string) =>
  diffLines([...before], [...after])
    .map(({ kind, text }) => `${{ same: '', removed: '-', added: '+' }[kind]}${text}`)
    .join(' ');

test('what is in both stays, what is not is removed or added where it stands', () => {
  assert.equal(told('abc', 'abc'), 'a b c');
  assert.equal(told('abc', 'axc'), 'a -b +x c');
  assert.equal(told('abcd', 'bcde'), '-a b c d +e');
  assert.equal(told('', 'ab'), '+a +b');
  assert.equal(told('ab', ''), '-a -b');
});

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '}'), { maxLength: 25 });

test('without what was added it is the one text, without what was removed the other', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after);
      const without = (kind: string) => diff.filter((line) => line.kind !== kind).map(({ text }) => text);
      assert.deepEqual(without('added'), before);
      assert.deepEqual(without('removed'), after);
    }),
  );
});

test('only changes are shown, with two lines around each', () => {
  const before = [...'abcdefghijklmnop'];
  const after = before.map((line, index) => (index === 5 ? 'X' : line));
  const shown = hunksOf(diffLines(before, after)).map((line) => line?.text ?? '…');
  assert.deepEqual(shown, ['…', 'd', 'e', 'f', 'X', 'g', 'h', '…']);
  assert.deepEqual(hunksOf(diffLines(before, before)), [null]);
  assert.deepEqual(hunksOf([]), []);
});
