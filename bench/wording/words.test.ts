import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capital, counted, listed, paragraph, ranges, sentence, tally, wrapped } from './words.ts';

test('a line breaks between words, and continuation lines are indented further', () => {
  assert.deepEqual(wrapped('one two three', 80), ['one two three']);
  assert.deepEqual(wrapped('  one two three', 9), ['  one two', '    three']);
  assert.deepEqual(wrapped('  one two three', 9, ''), ['  one two', '  three']);
  assert.deepEqual(wrapped('a incomprehensible b', 5, ''), ['a', 'incomprehensible', 'b']);
  assert.deepEqual(wrapped('', 5), ['']);
});

test('the width counts characters, not UTF-16 units', () => {
  assert.deepEqual(wrapped('🙂🙂 🙂🙂', 5), ['🙂🙂 🙂🙂']);
});

test('a line that is exactly as long as the width is not broken', () => {
  assert.deepEqual(wrapped('one two', 7), ['one two']);
  assert.deepEqual(wrapped('one two', 6), ['one', '  two']);
  assert.deepEqual(wrapped('    one two ', 8), ['    one', '      two']);
});

test('sentences are capitalised, ended once and joined', () => {
  assert.deepEqual([capital('abc'), capital('a'), capital('')], ['Abc', 'A', '']);
  assert.deepEqual([' a ', 'a.', 'a! ', 'a?', ''].map(sentence), ['a.', 'a.', 'a!', 'a?', '.']);
  assert.equal(paragraph(['a.', '', 'b.']), 'a. b.');
});

test('items, counts and numbers are listed', () => {
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), ['', 'a', 'a and b', 'a, b and c']);
  assert.deepEqual(
    [0, 1, 2345, { least: 1, most: 1 }].map((count) => counted(count, 'message')),
    ['0 messages', '1 message', '2,345 messages', '1 messages'],
  );
  assert.equal(counted(2, 'was', 'were'), '2 were');
  assert.deepEqual([[], [2], [2, 3], [1, 3, 5, 6, 7, 9]].map(ranges), ['', '2', '2–3', '1, 3, 5–7, 9']);
  assert.equal(tally(['valid', 'suspect', 'valid']), '2 valid, 1 suspect');
});
