import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEAD_END, hasToken, readHeaders } from './http-head.ts';

function read(...lines: string[]): Record<string, string> | null {
  const head = lines.join('\r\n');
  const headers = readHeaders(`before${head}${HEAD_END}Behind: it\r\n`, 'before'.length, 6 + head.length);
  return headers === null ? null : Object.fromEntries(headers);
}

test('names are in lower case, values are trimmed, and a repeated name becomes one list', () => {
  assert.deepEqual(read('GET / HTTP/1.1', 'Host: x', 'A:1', 'B: \t two: 2 ', 'a: 3', 'Empty:'), {
    host: 'x',
    a: '1, 3',
    b: 'two: 2',
    empty: '',
  });
  assert.deepEqual(read('HTTP/1.1 101 '), {});
});

test('an invalid line is rejected', () => {
  const head = 'GET / HTTP/1.1\r\nno colon';
  assert.equal(readHeaders(`${head}${HEAD_END}`, 0, head.length), null);
  assert.equal(read('GET / HTTP/1.1', 'Host: x', 'no field'), null);
  assert.equal(read('GET / HTTP/1.1', 'no field', 'Host: x'), null);
  assert.equal(read('GET / HTTP/1.1', ': no name'), null);
});

test('a line is rejected if its name is not a token or its value contains a control character', () => {
  for (const line of [
    'A : 1',
    'A b: 1',
    ' A: 1',
    '\tfolded',
    'A\0: 1',
    'Ä: 1',
    'A(: 1',
    'A"b: 1',
    'A\x7f: 1',
  ])
    assert.equal(read('GET / HTTP/1.1', line), null, JSON.stringify(line));
  for (const value of ['\0', 'a\nB: c', 'a\rb', '\x7f', '\v1'])
    assert.equal(read('GET / HTTP/1.1', `A: ${value}`), null, JSON.stringify(value));
  assert.deepEqual(read('GET / HTTP/1.1', "!#$%&'*+-.^_`|~09Az: \xff\ta"), {
    "!#$%&'*+-.^_`|~09az": '\xff\ta',
  });
});

test('only spaces and tabs around a value are removed', () => {
  assert.deepEqual(read('GET / HTTP/1.1', 'A: \t\xa0x\xa0 \t'), { a: '\xa0x\xa0' });
});

test('a token is found as an item of a list, ignoring case', () => {
  const has = (value: string) => hasToken(new Map([['connection', value]]), 'connection', 'upgrade');
  for (const value of ['upgrade', 'Upgrade', 'keep-alive, UPGRADE', 'upgrade,close', ' a ,upgrade, b'])
    assert.equal(has(value), true, value);
  for (const value of ['', 'no-upgrade', 'upgrades', 'up grade', 'upgrade/2', '\xa0upgrade'])
    assert.equal(has(value), false, value);
  assert.equal(hasToken(new Map(), 'connection', 'upgrade'), false);
});
