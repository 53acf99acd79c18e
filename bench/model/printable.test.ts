import assert from 'node:assert/strict';
import { it } from 'node:test';
import { printable, printableLines } from './printable.ts';

const HOSTILE = 'a\u001b[31mred\u009b2J\u0007bell\rback\u007f\u0085\u202eturned\u2028x\u0000';

it('no control character in a name reaches the terminal', () => {
  for (const clean of [printable(HOSTILE), printableLines(HOSTILE)])
    assert.doesNotMatch(clean, /[\p{Cc}\u202e\u2028]/u);
  assert.equal(printable('a\u001b[1mb\nc'), 'a [1mb c');
});

it('multi-line text keeps its line breaks and tabs, but no other control characters', () => {
  assert.equal(printableLines('a\n\tb\r\n\u001b[2J\nc'), 'a\n\tb \n [2J\nc');
});
