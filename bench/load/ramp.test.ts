import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { startRamp } from './ramp.ts';

interface Course {
  /** When each handshake began, ms. */
  begun: number[];
  mostPending: number;
  done: number;
  stop(): void;
  /** Lets this many milliseconds go by, one at a time. */
  pass(ms: number): void;
}

/** A ramp on a clock that the test turns; each handshake lasts what `lasts` says, in ms (0: it fails while it begins). */
function course(
  t: TestContext,
  { connections = 10, perSecond = 0, pending = 1000, lasts = (_index: number): number => 1 },
): Course {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  let nowMs = 0;
  let inHandshake = 0;
  const made: Course = {
    begun: [],
    mostPending: 0,
    done: 0,
    stop: () => ramp.stop(),
    pass(ms) {
      for (let i = 0; i < ms; i++) {
        nowMs++;
        t.mock.timers.tick(1);
      }
    },
  };
  const over = () => {
    inHandshake--;
    ramp.handshakeOver();
  };
  const ramp = startRamp({
    clock: () => nowMs * 1000,
    connections,
    perSecond,
    pending,
    connect(index) {
      assert.equal(index, made.begun.length, 'each in its turn, none twice');
      made.begun.push(nowMs);
      inHandshake++;
      made.mostPending = Math.max(made.mostPending, inHandshake);
      if (lasts(index) === 0) over();
      else setTimeout(over, lasts(index));
    },
    onDone: () => {
      made.done++;
    },
  });
  return made;
}

test('without a rate all begin at once, bounded by the pending handshakes alone', (t) => {
  const free = course(t, { connections: 500 });
  free.pass(1);
  assert.equal(free.begun.length, 500);
  const bounded = course(t, { connections: 500, pending: 20, lasts: () => 5 });
  bounded.pass(400);
  assert.equal(bounded.begun.length, 500);
  assert.equal(bounded.mostPending, 20);
  assert.equal(bounded.done, 1);
});

test('with a rate never more have begun than are due, and in the end all have', (t) => {
  const paced = course(t, { connections: 100, perSecond: 200 });
  paced.pass(600);
  assert.equal(paced.begun.length, 100);
  paced.begun.forEach((ms, index) => {
    assert.ok(ms * 200 >= index * 1000, `number ${index} began after ${ms} ms`);
  });
  assert.equal(paced.done, 1);
});

test('whatever the handshakes do: every one begins once, no more are pending than may be, done comes once', (t) => {
  const shape = fc.record({
    connections: fc.integer({ min: 1, max: 60 }),
    perSecond: fc.constantFrom(0, 50, 1000, 10_000),
    pending: fc.integer({ min: 1, max: 8 }),
    lasts: fc.array(fc.nat(6), { minLength: 1, maxLength: 9 }),
  });
  fc.assert(
    fc.property(shape, ({ lasts, ...plan }) => {
      const made = course(t, { ...plan, lasts: (index) => lasts[index % lasts.length] ?? 0 });
      made.pass(1700);
      assert.equal(made.begun.length, plan.connections);
      assert.ok(made.mostPending <= plan.pending);
      assert.equal(made.done, 1);
    }),
    { numRuns: 25 },
  );
});

test('ten thousand handshakes that fail as they begin do not recurse', (t) => {
  const failing = course(t, { connections: 10_000, pending: 1, lasts: () => 0 });
  failing.pass(20);
  assert.equal(failing.begun.length, 10_000);
  assert.equal(failing.done, 1);
});

test('stop begins no more', (t) => {
  const stopped = course(t, { connections: 1000, perSecond: 1000 });
  stopped.pass(50);
  const { length } = stopped.begun;
  assert.ok(length > 0);
  stopped.stop();
  stopped.pass(500);
  assert.equal(stopped.begun.length, length);
  assert.equal(stopped.done, 0);
});
