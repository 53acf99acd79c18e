import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLoopMeter } from './loop-meter.ts';

test('the delay is what the histogram has beyond its interval of 20 ms, and each reading starts anew', () => {
  const calls: string[] = [];
  const delay = {
    max: 27.5e6,
    enable: () => calls.push('enable') > 0,
    reset: () => {
      calls.push('reset');
      delay.max = 0;
    },
  };
  const read = startLoopMeter(({ resolution }) => {
    assert.equal(resolution, 20);
    return delay;
  });
  assert.equal(read?.().delayMaxUs, 7500);
  assert.equal(read?.().delayMaxUs, 0);
  assert.deepEqual(calls, ['enable', 'reset', 'reset']);
});

test('a loop that is never idle is fully busy', () => {
  const read = startLoopMeter();
  assert.ok(read);
  read();
  for (const until = performance.now() + 20; performance.now() < until; );
  assert.ok(read().utilisation > 0.9);
});
