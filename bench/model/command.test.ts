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
