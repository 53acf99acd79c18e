import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWords } from './command.ts';

test('a command is split at spaces outside quotes, and nothing in it is expanded', () => {
  assert.deepEqual(commandWords('node app.js --port {port}'), ['node', 'app.js', '--port', '{port}']);
  assert.deepEqual(commandWords(` a  'b "c'  "d 'e" f\\ g "" `), ['a', 'b "c', "d 'e", 'f g', '']);
  assert.deepEqual(commandWords("sh -c 'cd app && exec x $Y {port}'"), [
    'sh',
    '-c',
    'cd app && exec x $Y {port}',
  ]);
  assert.deepEqual(commandWords('env PORT={port} x a~b'), ['env', 'PORT={port}', 'x', 'a~b']);
});

test('a command that needs a shell, or has an unclosed quote, is rejected', () => {
  for (const text of [
    'a && b',
    'a | b',
    'a > b',
    'a $B',
    'a "$B"',
    'a `b`',
    'a *.js',
    'A=1 b',
    'a ~/b',
    'a; b',
  ])
    assert.equal(commandWords(text), 'shell', text);
  for (const text of ["a 'b", 'a "b']) assert.equal(commandWords(text), 'open-quote', text);
});

test('each character that a shell interprets is rejected outside quotes, and some also within double quotes', () => {
  for (const char of '|&;<>()$`*?') {
    assert.equal(commandWords(`a ${char}`), 'shell', char);
    assert.deepEqual(commandWords(`a '${char}'`), ['a', char]);
    assert.deepEqual(commandWords(`a \\${char}`), ['a', char]);
    assert.deepEqual(commandWords(`a "${char}"`), '$`'.includes(char) ? 'shell' : ['a', char]);
  }
  assert.deepEqual(commandWords('~'), 'shell');
  assert.deepEqual(commandWords('a ~'), 'shell');
  assert.deepEqual(commandWords(''), []);
  assert.deepEqual(commandWords('=a'), 'shell');
  assert.deepEqual(commandWords('a b=c =d'), ['a', 'b=c', '=d']);
});

test('a backslash takes the next character, except in single quotes and at the end', () => {
  assert.deepEqual(commandWords('a\\"b \\\\'), ['a"b', '\\']);
  assert.deepEqual(commandWords('"a\\"b"'), ['a"b']);
  assert.deepEqual(commandWords("'a\\b'"), ['a\\b']);
  assert.deepEqual(commandWords('a\\'), ['a\\']);
  assert.deepEqual(commandWords('\\ '), [' ']);
});

test('quotes join the characters around them into one word, even if it is empty', () => {
  assert.deepEqual(commandWords(`a"b"'c'd`), ['abcd']);
  assert.deepEqual(commandWords(`'' x ""`), ['', 'x', '']);
  assert.deepEqual(commandWords('a\tb\n c'), ['a', 'b', 'c']);
});
