import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondsIn } from './subject.ts';

test('a time in Nginx’s language is read in seconds', () => {
  const times: [string, number | null][] = [
    ['60', 60],
    ['60s', 60],
    ['1h 30m', 5400],
    ['1h30m', 5400],
    ['500ms', 0.5],
    ['1d', 86_400],
    ['1w', 604_800],
    ['1M', 2_592_000],
    ['1y', 31_536_000],
    ['1m 5', 65],
    ['soon', null],
    ['', null],
    ['5x', null],
    ['-1s', null],
    ['$time', null],
  ];
  for (const [text, seconds] of times) assert.equal(secondsIn(text), seconds, text);
});
