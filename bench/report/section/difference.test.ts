import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { difference, diffLines, hunksOf, sandboxDifference } from './difference.ts';

test('removed and added lines are shown one by one, escaped', () => {
  const proxy = { given: 'a;\nlisten <80>;\n', configuration: 'a;\nlisten 127.0.0.1:9;\n' };
  const text = sandboxDifference(proxy, 'conf:nginx.conf')?.markup ?? '';
  assert.match(text, /<summary>What the bench changed in conf:nginx\.conf<\/summary>/);
  assert.match(text, /<span class="removed">− listen &lt;80&gt;;\n<\/span>/);
  assert.match(text, /<span class="added">\+ listen 127\.0\.0\.1:9;\n<\/span>/);
});

test('there is no diff if nothing differs or if one side is unknown', () => {
  assert.equal(difference('a', 'a', 'x'), null);
  assert.equal(sandboxDifference({ given: 'a', configuration: 'a' }, 'x'), null);
  assert.equal(sandboxDifference({ given: null, configuration: 'a' }, 'x'), null);
  assert.equal(sandboxDifference(null, 'x'), null);
});

const told = (before: string, after: string) =>
  diffLines([...before], [...after])
    .map(({ kind, text }) => `${{ same: '', removed: '-', added: '+' }[kind]}${text}`)
    .join(' ');

test('common lines stay; other lines are removed or added at their position', () => {
  assert.equal(told('abc', 'abc'), 'a b c');
  assert.equal(told('abc', 'axc'), 'a -b +x c');
  assert.equal(told('abcd', 'bcde'), '-a b c d +e');
  assert.equal(told('', 'ab'), '+a +b');
  assert.equal(told('ab', ''), '-a -b');
});

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '}'), { maxLength: 25 });

test('without its added lines a diff is the first text, and without its removed lines the second', () => {
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

test('as few lines as possible are removed and added', () => {
  const common = ([a, ...as]: string[], [b, ...bs]: string[]): number => {
    if (a === undefined || b === undefined) return 0;
    return a === b ? 1 + common(as, bs) : Math.max(common(as, [b, ...bs]), common([a, ...as], bs));
  };
  const few = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
  fc.assert(
    fc.property(few, few, (before, after) => {
      const same = diffLines(before, after).filter(({ kind }) => kind === 'same');
      assert.equal(same.length, common(before, after));
    }),
  );
  assert.equal(told('abcab', 'cabxx'), '-a -b c a b +x +x');
});

test('changed lines are removed before others are added; a gap at either end is marked once', () => {
  assert.equal(told('ab', 'cd'), '-a -b +c +d');
  const shown = (before: string, after: string) =>
    hunksOf(diffLines([...before], [...after]))
      .map((line) => line?.text ?? '…')
      .join('');
  assert.equal(shown('Xabcdefg', 'abcdefg'), 'Xab…');
  assert.equal(shown('abcdefgX', 'abcdefg'), '…fgX');
  assert.equal(shown('XabcdeY', 'abcde'), 'Xab…deY');
  assert.equal(shown('XabcdY', 'abcd'), 'XabcdY');
});
