import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Ring, RingUser } from './ring.ts';
import { RingLoop, type RingTimer } from './ring-loop.ts';

/** A loop whose clock advances by `stepMs` in each turn, and whose ring, timers and alarm only record calls. */
function makeLoop(t: TestContext, stepMs: number) {
  /** The clock, and by how much it also advances whenever it is read. */
  const clock = { nowMs: 1000, readMs: 0, readings: 0 };
  const calls: unknown[][] = [];
  const state = { isDirty: false, isReady: false, completions: [] as number[] };
  const ring = {
    get isDirty() {
      return state.isDirty;
    },
    get isReady() {
      return state.isReady;
    },
    signals: (on: boolean) => void calls.push(['signals', on]),
    flush: () => void calls.push(['flush']),
    submitLater: (user: RingUser) => void calls.push(['submitLater', user.id]),
    turn(waitNs: number, together?: number) {
      calls.push(['turn', waitNs, together]);
      clock.nowMs += stepMs;
      return state.completions.shift() ?? 0;
    },
  } as unknown as Ring;
  let next: (() => void) | null = null;
  let wakeLater: (() => void) | null = null;
  let rings: (() => void) | null = null;
  t.mock.method(performance, 'now', () => {
    clock.readings++;
    clock.nowMs += clock.readMs;
    return clock.nowMs;
  });
  t.mock.method(globalThis, 'setImmediate', (run: () => void) => {
    assert.equal(next, null, 'one turn at a time');
    next = run;
  });
  t.mock.method(globalThis, 'setTimeout', (run: () => void, ms: number) => {
    calls.push(['setTimeout', ms]);
    wakeLater = run;
    return 'a timeout';
  });
  t.mock.method(globalThis, 'clearTimeout', (timeout: unknown) => void calls.push(['clearTimeout', timeout]));
  const alarm = {
    arm(run: () => void) {
      calls.push(['arm']);
      rings = run;
    },
  };
  const loop = new RingLoop(ring, alarm);
  const heard = () => calls.splice(0);
  /** Runs the turn that is due, and returns the calls until its end. */
  const turn = () => {
    const run = next ?? assert.fail('no turn is due');
    next = null;
    run();
    return heard();
  };
  return {
    ...{ clock, state, loop, heard, turn },
    isDue: () => next !== null,
    ring: () => rings?.(),
    wakeLater: () => wakeLater?.(),
    makeTimer(dueMs: number, spinsWithinMs: number): RingTimer {
      const timer = { dueMs, spinsWithinMs, wake: () => void calls.push(['wake', timer.dueMs]) };
      return timer;
    },
  };
}

const WAIT = ['turn', 1e6, 1];
const REST = [['signals', true], ['turn', 0, undefined], ['arm']];

describe('the loop of a ring', () => {
  it('starts without signals, and wakes once however often it is told to', (t) => {
    const { loop, heard, isDue } = makeLoop(t, 1);
    assert.deepEqual([heard(), isDue()], [[['signals', false]], false]);
    loop.wake();
    assert.deepEqual([heard(), isDue()], [[['signals', false]], true]);
    loop.wake();
    loop.submitLater({ id: 7 } as RingUser);
    assert.deepEqual(heard(), [['submitLater', 7]]);
  });

  it('lets the event loop of the engine run every quarter of a millisecond', (t) => {
    const { loop, heard, turn, isDue } = makeLoop(t, 0.125);
    loop.submitLater({ id: 7 } as RingUser);
    assert.deepEqual(heard(), [
      ['signals', false],
      ['submitLater', 7],
      ['signals', false],
    ]);
    for (let index = 0; index < 3; index++) {
      assert.deepEqual(turn(), [WAIT, WAIT]);
      assert.equal(isDue(), true);
    }
  });

  it('rests after five milliseconds without completions, until the alarm rings', (t) => {
    const { loop, state, heard, turn, isDue, ring } = makeLoop(t, 1);
    state.completions = [0, 1, 2];
    loop.wake();
    heard();
    // The last completions have arrived after the second millisecond.
    for (let index = 1; index < 7; index++) assert.deepEqual(turn(), [WAIT], `turn ${index}`);
    assert.deepEqual(turn(), [WAIT, ...REST]);
    assert.equal(isDue(), false);
    ring();
    assert.deepEqual([heard(), isDue()], [[['signals', false]], true]);
    for (let index = 1; index < 5; index++) assert.deepEqual(turn(), [WAIT]);
    assert.deepEqual(turn(), [WAIT, ...REST]);
  });

  for (const arrives of ['completions', 'requests'])
    it(`does not rest if ${arrives} arrive while it is about to`, (t) => {
      const { loop, state, heard, turn } = makeLoop(t, 1);
      loop.wake();
      for (let index = 1; index < 5; index++) turn();
      heard();
      if (arrives === 'completions') state.completions = [0, 1];
      else state.isDirty = true;
      assert.deepEqual(turn(), [WAIT, ['signals', true], ['turn', 0, undefined], ['signals', false]]);
      state.isDirty = false;
      for (let index = 1; index < 4; index++) assert.deepEqual(turn(), [WAIT], arrives);
      assert.deepEqual(turn(), [WAIT, ...REST]);
    });

  it('goes on if something that it calls fails', (t) => {
    const { loop, turn, makeTimer, isDue } = makeLoop(t, 1);
    const timer = makeTimer(1000, 0);
    timer.wake = () => {
      throw new Error('in a timer');
    };
    loop.setTimer(timer);
    assert.throws(turn, /in a timer/);
    assert.equal(isDue(), true);
  });

  it('waits for several completions while many messages are unanswered and no timer is set', (t) => {
    const { loop, state, turn, makeTimer } = makeLoop(t, 1);
    state.completions = new Array<number>(10).fill(1);
    loop.wake();
    for (const [unanswered, expected] of [
      [127, WAIT],
      [128, ['turn', 500_000, 8]],
      [159, ['turn', 500_000, 9]],
      [1000, ['turn', 500_000, 62]],
      [1e6, ['turn', 500_000, 64]],
    ] as const) {
      loop.gather(unanswered);
      assert.deepEqual(turn().at(-1), expected, `${unanswered}`);
      loop.setTimer(makeTimer(Number.POSITIVE_INFINITY, 0));
      loop.setTimer(null);
    }
    loop.setTimer(makeTimer(1e9, 0));
    assert.deepEqual(
      turn().find(([name]) => name === 'turn'),
      WAIT,
    );
  });
});

describe('the timer of a ring’s loop', () => {
  it('is called once when it is due, and what it requests is submitted at once', (t) => {
    const { loop, clock, heard, turn, makeTimer } = makeLoop(t, 1);
    const timer = makeTimer(1002, 0);
    loop.setTimer(timer);
    heard();
    assert.deepEqual(turn(), [WAIT]);
    assert.deepEqual(turn(), [WAIT, ['wake', Number.POSITIVE_INFINITY], ['flush']]);
    assert.deepEqual(turn(), [WAIT]);
    assert.equal(timer.dueMs, Number.POSITIVE_INFINITY);
    timer.dueMs = clock.nowMs + 0.5;
    assert.deepEqual(turn(), [['turn', 500_000, 1], ['wake', Number.POSITIVE_INFINITY], ['flush']]);
  });

  it('makes the loop poll the clock when it is due soon, with system calls only if there is work', (t) => {
    const { loop, clock, state, heard, turn, makeTimer } = makeLoop(t, 1);
    loop.setTimer(makeTimer(1010, 10));
    heard();
    assert.deepEqual(turn(), [WAIT]);
    clock.readMs = 0.125;
    clock.readings = 0;
    assert.deepEqual([turn(), clock.readings], [[], 3]);
    state.isDirty = true;
    assert.deepEqual(turn(), [['turn', 0, 1]]);
    state.isDirty = false;
    state.isReady = true;
    assert.deepEqual(turn(), [['turn', 0, 1]]);
    state.isReady = false;
    clock.nowMs = 1009.5;
    assert.deepEqual(turn(), []);
    assert.deepEqual(turn(), [['wake', Number.POSITIVE_INFINITY], ['flush'], WAIT, ...REST]);
  });

  it('keeps the loop awake when it is due in less than five milliseconds', (t) => {
    const { loop, heard, turn, makeTimer, isDue } = makeLoop(t, 1);
    loop.setTimer(makeTimer(1009.5, 0));
    heard();
    for (let index = 1; index < 10; index++) {
      assert.deepEqual(turn(), [WAIT]);
      assert.equal(isDue(), true);
    }
    assert.deepEqual(turn()[0], ['turn', 500_000, 1]);
  });

  it('wakes a resting loop at least two milliseconds before it is due', (t) => {
    const { loop, heard, turn, makeTimer, isDue, wakeLater } = makeLoop(t, 1);
    loop.setTimer(makeTimer(1010, 0));
    for (let index = 1; index < 5; index++) turn();
    heard();
    assert.deepEqual(turn(), [WAIT, ...REST, ['setTimeout', 3]]);
    wakeLater();
    assert.deepEqual(
      [heard(), isDue()],
      [
        [
          ['signals', false],
          ['clearTimeout', 'a timeout'],
        ],
        true,
      ],
    );
    loop.setTimer(makeTimer(1020.75, 0));
    for (let index = 1; index < 5; index++) assert.deepEqual(turn(), [WAIT]);
    assert.deepEqual(turn(), [WAIT, ...REST, ['setTimeout', 7]]);
    loop.setTimer(null);
    assert.deepEqual(heard(), [
      ['signals', false],
      ['clearTimeout', 'a timeout'],
    ]);
    for (let index = 1; index < 5; index++) turn();
    assert.deepEqual(turn(), [WAIT, ...REST]);
    loop.wake();
    assert.deepEqual(heard(), [['signals', false]]);
  });
});
