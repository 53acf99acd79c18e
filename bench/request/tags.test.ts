import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { tagsOf } from './tags.ts';

const given = (labels: string[], more: Record<string, string> = {}) =>
  new Map([
    ['label', labels],
    ...Object.entries(more).map(([name, text]): [string, string[]] => [name, [text]]),
  ]);

test('labels are names and values, and a value may contain any character', () => {
  assert.deepEqual(tagsOf(given(['branch= main ', 'url=a=b c'], { note: 'Why.', series: 'nightly' })), {
    labels: { branch: 'main', url: 'a=b c' },
    note: 'Why.',
    series: 'nightly',
  });
  assert.deepEqual(tagsOf(new Map()), { labels: {}, note: null, series: null });
});

test('a label without name or value, with an invalid name, or given twice is rejected with a remedy', () => {
  for (const text of [
    'branch',
    '=main',
    'branch=',
    'branch= ',
    '1st=x',
    '__proto__=x',
    'constructor=x',
    'a b=c',
  ]) {
    assert.throws(
      () => tagsOf(given([text])),
      (error) =>
        error instanceof Problem && error.kind === 'usage' && /--label branch=main/.test(error.message),
      text,
    );
  }
  assert.throws(() => tagsOf(given(['a=1', 'a=2'])), /--label a is given twice/);
});
