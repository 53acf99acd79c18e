import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupGone, killGroup } from './process-group.ts';

test('a group is killed until no process of it is left', async (t) => {
  let left = 2;
  const kill = t.mock.method(process, 'kill', () => {
    if (left-- <= 0) throw new Error('ESRCH');
    return true;
  });
  await groupGone(7);
  assert.deepEqual(
    kill.mock.calls.map((each) => each.arguments),
    [1, 2, 3].map(() => [-7, 'SIGKILL']),
  );
  assert.equal(killGroup(7), false);
  left = 1;
  assert.equal(killGroup(7), true);
});

test('the wait for a group of zombies ends after 300 ms', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const kill = t.mock.method(process, 'kill', () => {
    nowMs += 100;
    return true;
  });
  await groupGone(7);
  assert.equal(kill.mock.callCount(), 3);
});
