import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spinningWaker } from './waker.ts';

test('a waker that spins sleeps while the wait exceeds its limit, and wakes 2 ms early to spin', (t) => {
  let nowUs = 0;
  let turns: (() => void)[] = [];
  const alarms: { call: () => void; ms: number }[] = [];
  t.mock.method(globalThis, 'setImmediate', ((call: () => void) => turns.push(call)) as never);
  t.mock.method(globalThis, 'setTimeout', ((call: () => void, ms: number) =>
    alarms.push({ call, ms })) as never);
  const cleared: unknown[] = [];
  t.mock.method(globalThis, 'clearTimeout', ((alarm: unknown) => cleared.push(alarm)) as never);
  const turn = () => {
    const now = turns;
    turns = [];
    for (const call of now) call();
  };
  let woken = 0;
  const waker = spinningWaker(
    () => nowUs,
    () => woken++,
    5000,
  );
  // Nothing is requested, so it sleeps without an alarm.
  assert.deepEqual([turns.length, alarms.length], [0, 0]);
  waker.wakeAt(5000);
  waker.wakeAt(5000);
  assert.equal(turns.length, 1);
  turn();
  assert.deepEqual([turns.length, alarms.length], [1, 0]);
  nowUs = 4999;
  turn();
  assert.equal(woken, 0);
  nowUs = 5000;
  turn();
  assert.deepEqual([woken, turns.length, alarms.length], [1, 0, 0]);
  waker.wakeAt(15_900);
  turn();
  assert.deepEqual([turns.length, alarms.map(({ ms }) => ms)], [0, [8]]);
  nowUs = 13_000;
  alarms[0]?.call();
  assert.deepEqual([turns.length, woken], [1, 1]);
  nowUs = 15_900;
  turn();
  assert.deepEqual([turns.length, woken], [0, 2]);
  waker.wakeAt(20_901);
  turn();
  assert.deepEqual([turns.length, alarms.length], [0, 2]);
  cleared.length = 0;
  waker.wakeAt(20_000);
  assert.deepEqual([cleared.length, turns.length], [1, 1]);
  waker.close();
  nowUs = 30_000;
  turn();
  assert.deepEqual([turns.length, woken], [0, 2]);

  cleared.length = 0;
  // While it sleeps, closing it clears the alarm.
  nowUs = 0;
  const asleep = spinningWaker(
    () => nowUs,
    () => {},
    5000,
  );
  asleep.close();
  assert.equal(cleared.length, 0);
  const waiting = spinningWaker(
    () => nowUs,
    () => {},
    5000,
  );
  waiting.wakeAt(9000);
  turn();
  waiting.close();
  assert.deepEqual([cleared.length, cleared.at(-1), alarms.length], [1, 3, 3]);
});
