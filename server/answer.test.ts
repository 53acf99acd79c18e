import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { answerOf } from './answer.ts';

const PLAIN = { reply: 'echo', delayMs: 0, burnUs: 0, log: false } as const;

/** Replaces the clock and the timers. `timers` holds what was requested: how long to wait, or null for the next turn. */
function mockClock(t: TestContext) {
  const clock = { nowMs: 100 };
  const timers: (number | null)[] = [];
  let wake = () => {};
  t.mock.method(performance, 'now', () => clock.nowMs);
  t.mock.method(globalThis, 'setTimeout', (run: () => void, ms: number) => {
    wake = run;
    timers.push(ms);
  });
  t.mock.method(globalThis, 'setImmediate', (run: () => void) => {
    wake = run;
    timers.push(null);
  });
  const wakeAt = (nowMs: number) => {
    clock.nowMs = nowMs;
    wake();
  };
  return { clock, timers, wakeAt };
}

/** Returns a function that answers a message, and what was sent. */
function makeAnswer(options: Partial<Parameters<typeof answerOf>[0]>) {
  const answer = answerOf({ ...PLAIN, ...options }) ?? assert.fail('a plain echo');
  const sent: string[] = [];
  const receive = (text: string) => answer(Buffer.from(text), (payload) => sent.push(payload.toString()));
  return { sent, receive };
}

describe('the answer to a message', () => {
  it('is a plain echo unless an option changes or logs it', () => {
    assert.equal(answerOf(PLAIN), null);
    for (const change of [{ reply: 'rooms' }, { delayMs: 1 }, { burnUs: 1 }, { log: true }] as const)
      assert.equal(typeof answerOf({ ...PLAIN, ...change }), 'function', JSON.stringify(change));
  });

  it('is the message itself, or "You said: " and the message', () => {
    for (const [options, expected] of [
      [{ log: true }, 'hi'],
      [{ reply: 'rooms' }, 'hi'],
      [{ reply: 'you-said' }, 'You said: hi'],
    ] as const) {
      const { receive, sent } = makeAnswer(options);
      receive('hi');
      assert.deepEqual(sent, [expected]);
    }
  });

  it('uses the requested CPU time of process and system, and is sent in the same event loop iteration', (t) => {
    let turns = 0;
    const { mock } = t.mock.method(process, 'cpuUsage', (before?: NodeJS.CpuUsage) => {
      const us = 250 * turns++;
      return { user: us - (before?.user ?? 0), system: us - (before?.system ?? 0) };
    });
    for (const [burnUs, readings] of [
      [0, 0],
      [1, 2],
      [500, 2],
      [501, 3],
      [1000, 3],
    ] as const) {
      turns = 0;
      mock.resetCalls();
      const { receive, sent } = makeAnswer({ burnUs, log: true });
      receive('hi');
      assert.deepEqual([sent, mock.callCount()], [['hi'], readings], `${burnUs} µs`);
    }
  });

  it('is sent exactly after its delay, in the order of the messages', (t) => {
    const { clock, timers, wakeAt } = mockClock(t);
    const { receive, sent } = makeAnswer({ delayMs: 5.5 });
    receive('one');
    clock.nowMs = 100.5;
    receive('two');
    receive('three');
    clock.nowMs = 105;
    receive('four');
    // One timer at a time: it ends at most two milliseconds early, and the clock is polled after that.
    assert.deepEqual(timers.splice(0), [4]);
    wakeAt(102.5);
    assert.deepEqual(timers.splice(0), [2]);
    wakeAt(103.5);
    assert.deepEqual([timers.splice(0), sent], [[null], []]);
    wakeAt(105.4);
    assert.deepEqual([timers.splice(0), sent], [[null], []]);
    wakeAt(105.5);
    assert.deepEqual([timers.splice(0), sent], [[null], ['one']]);
    wakeAt(106.25);
    assert.deepEqual([timers.splice(0), sent], [[3], ['one', 'two', 'three']]);
    clock.nowMs = 107;
    receive('five');
    wakeAt(110.5);
    assert.deepEqual([timers.splice(0), sent.length], [[null], 4]);
    wakeAt(120);
    assert.deepEqual([timers.splice(0), sent], [[], ['one', 'two', 'three', 'four', 'five']]);
    receive('six');
    assert.deepEqual(timers.splice(0), [4]);
    wakeAt(125.5);
    assert.deepEqual([timers, sent.at(-1)], [[], 'six']);
  });

  it('may be followed by another message while it is sent', (t) => {
    const { clock, timers, wakeAt } = mockClock(t);
    const answer = answerOf({ ...PLAIN, delayMs: 2 }) ?? assert.fail();
    const sent: string[] = [];
    answer(Buffer.from('first'), () => {
      sent.push('first');
      answer(Buffer.from('last'), () => sent.push('last'));
    });
    clock.nowMs = 101.5;
    answer(Buffer.from('second'), () => sent.push('second'));
    wakeAt(102);
    assert.deepEqual(timers.splice(0), [null, null]);
    wakeAt(103.5);
    assert.deepEqual([timers.splice(0), sent], [[null], ['first', 'second']]);
    wakeAt(104);
    assert.deepEqual([timers, sent], [[], ['first', 'second', 'last']]);
  });
});
