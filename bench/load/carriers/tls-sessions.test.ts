import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsSessions } from './tls-sessions.ts';

const session = (number: number) => Buffer.from(String(number));

test('each session is used once, newest first, except the last, which is used repeatedly', () => {
  const sessions = new TlsSessions();
  assert.equal(sessions.take(), null);
  for (const number of [1, 2, 3]) sessions.keep(session(number));
  const taken = Array.from({ length: 5 }, () => String(sessions.take()));
  assert.deepEqual(taken, ['3', '2', '1', '1', '1']);
});

test('the oldest sessions are dropped if a server issues more than are used', () => {
  const sessions = new TlsSessions();
  for (let number = 0; number < 1500; number++) sessions.keep(session(number));
  const taken = Array.from({ length: 1001 }, () => String(sessions.take()));
  assert.deepEqual(taken, [...Array.from({ length: 1000 }, (_, i) => String(1499 - i)), '500']);
});
