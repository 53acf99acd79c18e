import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CARRIERS_HERE } from '../../../server/ring/ring.test.fixture.ts';
import { type Clock, clockSince, monotonicNs } from '../clock.ts';
import type { ringWaker } from './ring-waker.ts';
import { spinningWaker, threadWaker, type Waker } from './waker.ts';

const epochNs = monotonicNs();
const clock = clockSince(epochNs);

/** Keeps the process alive, because the waker's thread does not. */
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

const onRing = CARRIERS_HERE.includes('io_uring') ? (await import('./ring-waker.ts')).ringWaker : null;
const WAKERS: [name: string, make: (wake: () => void) => Waker][] = [
  ['a waker with a thread', (wake) => threadWaker(epochNs, wake)],
  ['a waker with a thread after half an hour', (wake) => lateWaker(2 ** 31, wake)],
  ['a waker with a thread after more than an hour', (wake) => lateWaker(2 ** 32, wake)],
  ['a waker that spins', (wake) => spinningWaker(clock, wake)],
  ['a waker that spins, but sleeps for waits above 5 ms', (wake) => spinningWaker(clock, wake, 5_000)],
  ...(onRing === null ? [] : ringWakers(onRing)),
];

/** A waker whose clock reaches `us` while it waits for its first time. */
function lateWaker(us: number, wake: () => void): Waker {
  const aheadUs = Math.round(us - clock() - 10_000);
  const waker = threadWaker(epochNs - BigInt(aheadUs) * 1000n, wake);
  return { ...waker, wakeAt: (dueUs) => waker.wakeAt(dueUs + aheadUs) };
}

function ringWakers(make: typeof ringWaker): typeof WAKERS {
  return [
    ['a waker on io_uring', (wake) => make(clock, wake, 0)],
    ['a waker on io_uring that spins', (wake) => make(clock, wake, Number.POSITIVE_INFINITY)],
    ['a waker on io_uring that spins for waits up to 5 ms', (wake) => make(clock, wake, 5_000)],
    ['a waker on io_uring that starts on a busy machine', (wake) => make(slowAtFirst(clock), wake, 0)],
  ];
}

/** A clock whose first reading takes 20 ms, as if the process had lost its CPU just before. */
function slowAtFirst(read: Clock): Clock {
  let isFirst = true;
  return () => {
    const until = performance.now() + 20;
    while (isFirst && performance.now() < until);
    isFirst = false;
    return read();
  };
}

for (const [name, make] of WAKERS) {
  test(`${name} wakes once for each requested time, and not before it`, async () => {
    const woken: { dueUs: number; atUs: number }[] = [];
    let dueUs = 0;
    let next = () => {};
    const waker = make(() => {
      woken.push({ dueUs, atUs: clock() });
      next();
    });
    for (const inUs of [30_000, 300, 20_000.7, 0]) {
      const called = new Promise<void>((resolve) => {
        next = resolve;
      });
      dueUs = clock() + inUs;
      waker.wakeAt(dueUs);
      await called;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    waker.close();
    assert.equal(woken.length, 4);
    // The thread's resolution is 1 µs.
    for (const { dueUs: due, atUs } of woken) assert.ok(atUs >= due - 1, `${atUs} for ${due}`);
  });

  test(`${name} does not call back after it is closed`, async () => {
    let calls = 0;
    const waker = make(() => void calls++);
    waker.wakeAt(clock() + 50_000);
    waker.close();
    await new Promise((resolve) => setTimeout(resolve, 80));
    assert.equal(calls, 0);
  });
}

test('the thread of a waker does not keep the process alive, and ends when the waker is closed', async (t) => {
  const unref = t.mock.method(Worker.prototype, 'unref');
  const terminate = t.mock.method(Worker.prototype, 'terminate');
  const waker = threadWaker(epochNs, () => {});
  assert.deepEqual([unref.mock.callCount(), terminate.mock.callCount()], [1, 0]);
  waker.close();
  assert.deepEqual([unref.mock.callCount(), terminate.mock.callCount()], [1, 1]);
  await terminate.mock.calls[0]?.result;
});
