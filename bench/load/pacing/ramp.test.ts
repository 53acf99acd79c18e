import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { startRamp } from './ramp.ts';

interface Course {
  /** When each handshake began, in µs since the start of the ramp. */
  begunUs: number[];
  mostPending: number;
  /** How often the ramp reported that all handshakes have ended. */
  done: number;
  /** Resolves at the first such report. */
  finished: Promise<void>;
  stop(): void;
}

const nowUs = () => performance.now() * 1e3;

/** Runs a ramp. `lasts` gives the duration of each handshake in ms; with 0 it fails as soon as it begins. */
function course({
  connections = 10,
  perSecond = 0,
  pending = 1000,
  lasts = (_index: number): number => 1,
}): Course {
  const startUs = nowUs();
  let inHandshake = 0;
  let finish = () => {};
  const made: Course = {
    begunUs: [],
    mostPending: 0,
    done: 0,
    finished: new Promise((resolve) => {
      finish = resolve;
    }),
    stop: () => ramp.stop(),
  };
  const over = () => {
    inHandshake--;
    ramp.handshakeOver();
  };
  const ramp = startRamp({
    clock: nowUs,
    connections,
    perSecond,
    pending,
    connect(index) {
      assert.equal(index, made.begunUs.length, 'each starts in order, none twice');
      made.begunUs.push(nowUs() - startUs);
      inHandshake++;
      made.mostPending = Math.max(made.mostPending, inHandshake);
      const ms = lasts(index);
      if (ms === 0) over();
      else setTimeout(over, ms);
    },
    onDone: () => {
      made.done++;
      finish();
    },
  });
  return made;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('without a rate, all begin at once, limited only by the number in progress', async () => {
  const free = course({ connections: 500 });
  await free.finished;
  assert.deepEqual([free.begunUs.length, free.mostPending, free.done], [500, 500, 1]);
  const bounded = course({ connections: 200, pending: 20 });
  await bounded.finished;
  assert.deepEqual([bounded.begunUs.length, bounded.mostPending, bounded.done], [200, 20, 1]);
});

test('with a rate, never more have begun than are due, and in the end all have', async () => {
  const paced = course({ connections: 200, perSecond: 1000 });
  await paced.finished;
  assert.equal(paced.begunUs.length, 200);
  paced.begunUs.forEach((us, index) => {
    assert.ok(us * 1000 >= index * 1e6, `number ${index} began after ${us} µs`);
  });
  assert.equal(paced.done, 1);
});

test('whatever the handshakes do, each begins once, the limit on those in progress holds, and done is reported once', async () => {
  const shape = fc.record({
    connections: fc.integer({ min: 1, max: 40 }),
    perSecond: fc.constantFrom(0, 2000, 10_000),
    pending: fc.integer({ min: 1, max: 8 }),
    lasts: fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }),
  });
  const property = fc.asyncProperty(shape, async ({ lasts, ...plan }) => {
    const made = course({ ...plan, lasts: (index) => lasts[index % lasts.length] ?? 0 });
    await made.finished;
    await pause(3);
    assert.equal(made.begunUs.length, plan.connections);
    assert.ok(made.mostPending <= plan.pending);
    assert.equal(made.done, 1);
  });
  await fc.assert(property, { numRuns: 20 });
});

test('ten thousand handshakes that fail immediately do not cause recursion', async () => {
  const failing = course({ connections: 10_000, pending: 1, lasts: () => 0 });
  await failing.finished;
  assert.deepEqual([failing.begunUs.length, failing.done], [10_000, 1]);
});

test('no handshake begins after stop', async () => {
  const stopped = course({ connections: 10_000, perSecond: 1000 });
  while (stopped.begunUs.length < 5) await pause(1);
  stopped.stop();
  const { length } = stopped.begunUs;
  assert.ok(length < 10_000);
  await pause(30);
  assert.deepEqual([stopped.begunUs.length, stopped.done], [length, 0]);
});

/** A ramp whose clock and timers are set by the test. `step` runs everything that is due. */
function simulated(t: TestContext, plan: { connections: number; perSecond: number; pending: number }) {
  const clock = { nowUs: 7_000 };
  const calls: unknown[][] = [];
  const due: (() => void)[] = [];
  let timers = 0;
  t.mock.method(globalThis, 'setImmediate', (call: () => void) => void due.push(call));
  t.mock.method(globalThis, 'setTimeout', (call: () => void, ms: number) => {
    calls.push(['setTimeout', ms]);
    due.push(call);
    return ++timers;
  });
  t.mock.method(globalThis, 'clearTimeout', (timer: number) => void calls.push(['clearTimeout', timer]));
  const ramp = startRamp({
    clock: () => clock.nowUs,
    ...plan,
    connect: (index) => void calls.push(['connect', index]),
    onDone: () => void calls.push(['done']),
  });
  const heard = () => calls.splice(0);
  const step = (us = 0) => {
    clock.nowUs += us;
    for (const call of due.splice(0)) call();
    return heard();
  };
  return { ramp, step, heard };
}

const TIMER = ['setTimeout', 2];

test('with a rate, a handshake begins exactly when it is due, and one timer waits for the next', (t) => {
  const { ramp, step, heard } = simulated(t, { connections: 4, perSecond: 1000, pending: 9 });
  assert.deepEqual(heard(), []);
  assert.deepEqual(step(), [['connect', 0], TIMER]);
  assert.deepEqual(step(999), [TIMER]);
  ramp.handshakeOver();
  assert.deepEqual(step(1), [['connect', 1], TIMER]);
  assert.deepEqual(step(2000), [
    ['connect', 2],
    ['connect', 3],
  ]);
  for (let over = 1; over < 3; over++) ramp.handshakeOver();
  assert.deepEqual([heard(), step()], [[], []]);
  ramp.handshakeOver();
  assert.deepEqual([heard(), step(1e6)], [[['done']], []]);
});

test('handshakes that wait for others to end need no timer', (t) => {
  const { ramp, step } = simulated(t, { connections: 3, perSecond: 0, pending: 2 });
  assert.deepEqual(step(), [
    ['connect', 0],
    ['connect', 1],
  ]);
  assert.deepEqual(step(1e6), []);
  ramp.handshakeOver();
  assert.deepEqual(step(), [['connect', 2]]);
});

test('stopping clears the timer, and nothing begins or waits any more', (t) => {
  const { ramp, step, heard } = simulated(t, { connections: 3, perSecond: 1000, pending: 9 });
  assert.deepEqual(step(), [['connect', 0], TIMER]);
  ramp.stop();
  assert.deepEqual(heard(), [['clearTimeout', 1]]);
  ramp.handshakeOver();
  assert.deepEqual(step(1e6), []);
});

test('stopping before the first handshake begins clears no timer', (t) => {
  const { ramp, step, heard } = simulated(t, { connections: 3, perSecond: 0, pending: 1 });
  ramp.stop();
  assert.deepEqual([heard(), step()], [[], []]);
});

test('without connections, the ramp is done at once', (t) => {
  const { step, heard } = simulated(t, { connections: 0, perSecond: 0, pending: 1 });
  assert.deepEqual([heard(), step(), step()], [[], [['done']], []]);
});
