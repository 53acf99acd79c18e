import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLoopReader } from './loop-reader.ts';

const nowUs = () => performance.now() * 1e3;

function spin(us: number): void {
  for (const until = nowUs() + us; nowUs() < until; );
}

test('a loop that is never idle is 100 % busy, one that waits is not', async () => {
  // Newer versions of Node.js report zero before the loop's first iteration has begun.
  await new Promise((resolve) => setImmediate(resolve));
  const read = makeLoopReader(nowUs);
  spin(30_000);
  assert.equal(read()?.utilisation, 1);
  // A process that gets no CPU while it waits does not count as idle either, so the test may have to wait again.
  let utilisation = 1;
  for (let left = 100; left > 0 && utilisation === 1; left--) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    utilisation = read()?.utilisation ?? 1;
  }
  assert.ok(utilisation < 1);
  // A reading covers the time since the previous one, not since the first.
  spin(5000);
  assert.equal(read()?.utilisation, 1);
});

test('readings are contiguous, and one that follows too soon is null', () => {
  let us = 5_000.4;
  const read = makeLoopReader(() => us);
  spin(10);
  us = 9_000.6;
  const first = read();
  assert.deepEqual([first?.startUs, first?.endUs], [5_000, 9_001]);
  us = 10_000;
  assert.equal(read(), null);
  us = 10_000.6;
  const second = read();
  assert.deepEqual([second?.startUs, second?.endUs], [9_001, 10_001]);
  us = -7.4;
  const early = makeLoopReader(() => us);
  us = 2_000;
  assert.equal(early()?.startUs, 0);
  us = 5_000.6;
  const late = makeLoopReader(() => us);
  us = 9_000;
  assert.equal(late()?.startUs, 5_001);
});

test('delay is the longest wait for the timer beyond its interval since the previous reading', () => {
  let us = 0;
  let resets = 0;
  const delay = { count: 3, max: 25_400_000, reset: () => void resets++ };
  const read = makeLoopReader(() => us, delay);
  us = 1e6;
  assert.equal(read()?.delayMaxUs, 5_400);
  assert.equal(resets, 1);
  us = 2e6;
  delay.max = 19_000_000;
  assert.equal(read()?.delayMaxUs, 0);
  us = 2.5e6;
  delay.max = 20_001_700;
  assert.equal(read()?.delayMaxUs, 2);
  us = 3e6;
  delay.count = 0;
  assert.equal(read()?.delayMaxUs, 0);
});
