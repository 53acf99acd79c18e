import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapped } from './words.ts';

test('a line breaks between words, and continues with its indentation and more', () => {
  assert.deepEqual(wrapped('one two three', 80), ['one two three']);
  assert.deepEqual(wrapped('  one two three', 9), ['  one two', '    three']);
  assert.deepEqual(wrapped('  one two three', 9, ''), ['  one two', '  three']);
  assert.deepEqual(wrapped('a incomprehensible b', 5, ''), ['a', 'incomprehensible', 'b']);
  assert.deepEqual(wrapped('', 5), ['']);
});

test('the width counts characters, not UTF-16 units', () => {
  assert.deepEqual(wrapped('🙂🙂 🙂🙂', 5), ['🙂🙂 🙂🙂']);
});
