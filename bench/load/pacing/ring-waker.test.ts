import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from '../../../server/ring/libc.test.fixture.ts';
import type { RingTimer } from '../../../server/ring/ring-loop.ts';

answer();
const { openRing } = await import('../../../server/ring/open-ring.ts');
const { ringWaker } = await import('./ring-waker.ts');

test('the loop of the ring calls at the time of the run’s clock, whose offset is the smallest of five', (t) => {
  const loop = openRing();
  let timer: RingTimer | null = null;
  const calls: string[] = [];
  t.mock.method(loop, 'setTimer', (set: RingTimer | null) => {
    timer = set;
    calls.push('setTimer');
  });
  t.mock.method(loop, 'wake', () => void calls.push('wake'));
  // How far the loop's clock is ahead of the run's clock in each reading, in ms.
  const ahead = [1007, 1009, 1008, 1006, 1005, 1004];
  let nowMs = 50;
  let readings = 0;
  t.mock.method(performance, 'now', () => nowMs + (ahead[readings++] ?? assert.fail('another reading')));
  const clock = () => {
    nowMs += 10;
    return nowMs * 1e3;
  };
  const woken = () => calls.push('woken');
  const waker = ringWaker(clock, woken, 2500);
  assert.deepEqual(
    [timer, calls, readings],
    [{ dueMs: Number.POSITIVE_INFINITY, spinsWithinMs: 2.5, wake: woken }, ['setTimer'], 5],
  );
  waker.wakeAt(700_500);
  assert.deepEqual(
    [timer, calls],
    [{ dueMs: 1705.5, spinsWithinMs: 2.5, wake: woken }, ['setTimer', 'wake']],
  );
  waker.close();
  assert.deepEqual([timer, calls], [null, ['setTimer', 'wake', 'setTimer']]);
});
