import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeLatencies } from './page/latencies.ts';
import { type Socket, startLoad } from './page/load.ts';
import { makeSchedule } from './page/schedule.ts';

/** A simulated browser and server. The clock advances, and the server answers, only when the test says so. */
function makeBrowser() {
  let nowMs = 1000;
  const timers: { atMs: number; act: () => void }[] = [];
  const waits: number[] = [];
  const sockets: (Parameters<Socket['on']>[0] & { sent: string[]; closed: boolean })[] = [];
  return {
    sockets,
    /** How long the load asked to wait, each time. */
    waits,
    now: () => nowMs,
    later(ms: number, act: () => void) {
      waits.push(ms);
      timers.push({ atMs: nowMs + Math.max(ms, 0.1), act });
    },
    openSocket(): Socket {
      const sent: string[] = [];
      return {
        send: (text) => void sent.push(text),
        close: () =>
          void sockets
            .filter((each) => each.sent === sent)
            .map((each) => Object.assign(each, { closed: true })),
        on: (handlers) => void sockets.push(Object.assign(handlers, { sent, closed: false })),
      };
    },
    /** Advances the clock. Timers call back in order. */
    pass(ms: number) {
      const until = nowMs + ms;
      for (;;) {
        const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > until) break;
        timers.splice(timers.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.atMs);
        next.act();
      }
      nowMs = until;
    },
    /** Simulates a busy browser: time passes without callbacks. */
    stall(ms: number) {
      nowMs += ms;
    },
  };
}

function begin(connections: number, ratePerSecond: number) {
  const browser = makeBrowser();
  const answerTo = (text: string) => `You said: ${text}`;
  const load = startLoad({ connections, ratePerSecond, ...browser, answerTo });
  const answer = (index: number) => {
    const socket = browser.sockets[index];
    const text = socket?.sent.shift();
    if (text !== undefined) socket?.message(answerTo(text));
  };
  return { browser, load, answer };
}

describe('the small load of the page', () => {
  it('starts when every connection is open or has failed, and sends on each in turn', () => {
    const { browser, load } = begin(3, 100);
    browser.sockets[0]?.open();
    browser.pass(500);
    assert.equal(load.elapsedMs(), null);
    browser.sockets[1]?.close();
    browser.sockets[2]?.open();
    browser.pass(95);
    assert.deepEqual(
      browser.sockets.map(({ sent }) => sent.length),
      [5, 0, 5],
    );
    const { open, failed, sent } = load.counts;
    assert.deepEqual([open, failed, sent], [2, 1, 10]);
  });

  it('measures response time from the intended time, and the browser’s own delay', () => {
    const { browser, load, answer } = begin(1, 10);
    browser.sockets[0]?.open();
    browser.stall(350);
    browser.pass(1);
    assert.equal(load.counts.sent, 4);
    for (let i = 0; i < 4; i++) answer(0);
    const { count, max } = load.responses.summary();
    assert.deepEqual([count, Math.round(max)], [4, 351]);
    assert.ok(load.lags.summary().max >= 250);
  });

  it('sends each message when it is due, and polls the clock during the last milliseconds', () => {
    const { browser, load } = begin(2, 100);
    browser.sockets[0]?.open();
    assert.deepEqual([browser.waits, browser.sockets[0]?.sent], [[], []]);
    browser.sockets[1]?.open();
    assert.deepEqual(browser.waits, [4]);
    assert.deepEqual(
      browser.sockets.map(({ sent }) => sent),
      [['message 0'], []],
    );
    browser.pass(4);
    assert.deepEqual([browser.waits, load.elapsedMs()], [[4, 0], 4]);
    browser.pass(7);
    assert.deepEqual(
      browser.sockets.map(({ sent }) => sent),
      [['message 0'], ['message 1']],
    );
    assert.deepEqual(load.counts, { open: 2, failed: 0, sent: 2, received: 0, lost: 0, wrong: 0 });
  });

  it('counts a connection that closes, loses its messages, and goes on with the others', () => {
    const { browser, load, answer } = begin(3, 1000);
    for (const socket of browser.sockets) socket.open();
    browser.stall(5);
    browser.pass(2);
    // Seven or eight messages are due by then, because each is due a millisecond after the one before.
    const before = { ...load.counts };
    const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = browser.sockets;
    const lost = second.sent.length;
    assert.ok(lost > 1);
    second.close();
    assert.deepEqual(load.counts, { ...before, open: 2, failed: 1, lost });
    for (const socket of [first, third]) socket.sent.splice(0);
    browser.pass(10);
    assert.deepEqual([first.sent.length, second.sent.length, third.sent.length], [5, lost, 5]);
    third.close();
    first.close();
    const { sent } = load.counts;
    browser.pass(10);
    assert.deepEqual(load.counts, { open: 0, failed: 3, sent, received: 0, lost: sent, wrong: 0 });
    answer(0);
    assert.deepEqual(load.counts, { open: 0, failed: 3, sent, received: 0, lost: sent, wrong: 1 });
  });

  it('expects the answers of a connection in the order of its messages', () => {
    const { browser, load, answer } = begin(1, 100);
    browser.sockets[0]?.open();
    browser.stall(21);
    browser.pass(1);
    for (let index = 0; index < 2; index++) answer(0);
    assert.deepEqual(load.counts, { open: 1, failed: 0, sent: 3, received: 2, lost: 0, wrong: 0 });
    browser.sockets[0]?.message('You said: message 3');
    assert.deepEqual(load.counts, { open: 1, failed: 0, sent: 3, received: 3, lost: 0, wrong: 1 });
    browser.sockets[0]?.message('unasked');
    assert.deepEqual(load.counts, { open: 1, failed: 0, sent: 3, received: 3, lost: 0, wrong: 2 });
    assert.deepEqual(load.responses.summary(), { count: 3, p50: 12, p99: 22, max: 22 });
    assert.deepEqual(load.lags.summary(), { count: 3, p50: 1, p99: 11, max: 11 });
    browser.pass(2000);
    assert.deepEqual(load.responses.seconds(1000), [{ at: 0, count: 3, p50: 12, p99: 22, max: 22 }]);
    assert.deepEqual(
      load.lags.seconds(2000).map(({ count }) => count),
      [100, 100],
    );
  });

  it('that is stopped closes its connections, counts nothing more, and never starts', () => {
    const { browser, load } = begin(2, 100);
    browser.sockets[0]?.open();
    load.stop();
    assert.deepEqual(
      browser.sockets.map(({ closed }) => closed),
      [true, true],
    );
    browser.sockets[1]?.open();
    for (const socket of browser.sockets) socket.close();
    browser.pass(100);
    assert.deepEqual([load.elapsedMs(), browser.waits], [null, []]);
    assert.deepEqual(load.counts, { open: 0, failed: 0, sent: 0, received: 0, lost: 0, wrong: 0 });
  });

  it('starts without those that failed to open, even if the last one fails', () => {
    const { browser, load } = begin(2, 100);
    browser.sockets[0]?.open();
    browser.sockets[1]?.close();
    assert.deepEqual([load.elapsedMs(), browser.sockets[0]?.sent], [0, ['message 0']]);
    assert.deepEqual(load.counts, { open: 1, failed: 1, sent: 1, received: 0, lost: 0, wrong: 0 });
  });

  it('has counts that add up, whatever closes, answers late or answers incorrectly', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(300) }),
      fc.record({ kind: fc.constantFrom('answer', 'close', 'nonsense', 'open'), ms: fc.nat(4) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 500 }), (steps, rate) => {
        const { browser, load, answer } = begin(5, rate);
        const state = browser.sockets.map(() => 'connecting');
        const open = (index: number) => {
          if (state[index] !== 'connecting') return;
          state[index] = 'open';
          browser.sockets[index]?.open();
        };
        const onWire = () => browser.sockets.reduce((sum, { sent }) => sum + sent.length, 0);
        let nonsense = 0;
        for (const { kind, ms } of steps) {
          if (kind === 'pass') browser.pass(ms);
          else if (kind === 'open') open(ms);
          else if (state[ms] !== 'open') continue;
          else if (kind === 'answer') answer(ms);
          else if (kind === 'close') {
            state[ms] = 'closed';
            browser.sockets[ms]?.close();
            browser.sockets[ms]?.sent.splice(0);
          } else {
            nonsense++;
            browser.sockets[ms]?.sent.shift();
            browser.sockets[ms]?.message('nonsense');
          }
          const { sent, received, lost, wrong } = load.counts;
          assert.equal(sent, received + lost + onWire());
          assert.equal(wrong, nonsense);
          assert.equal(load.responses.summary().count <= received, true);
        }
        assert.equal(load.counts.open, state.filter((each) => each === 'open').length);
        load.stop();
        const before = load.counts.sent;
        browser.pass(1000);
        assert.equal(load.counts.sent, before);
        assert.ok(browser.sockets.every(({ closed }) => closed));
      }),
    );
  });
});

describe('the schedule', () => {
  it('returns each due time once, however often it is called', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 2000, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 20 }),
        (rate, waits) => {
          const schedule = makeSchedule(100, rate);
          const handed: number[] = [];
          let now = 100;
          for (const wait of waits) {
            now += wait;
            handed.push(...schedule.due(now));
          }
          const expected = waits.length === 0 ? 0 : Math.floor(((now - 100) * rate) / 1000 + 1e-9) + 1;
          assert.ok(Math.abs(handed.length - expected) <= 1);
          assert.deepEqual(
            handed,
            handed.map((_, index) => 100 + (index * 1000) / rate),
          );
          assert.ok(schedule.nextMs() > now || waits.length === 0);
        },
      ),
    );
  });
});

describe('latencies by the second', () => {
  it('are the nearest measured values, and zero if there are none', () => {
    const latencies = makeLatencies();
    assert.deepEqual(latencies.summary(), { count: 0, p50: 0, p99: 0, max: 0 });
    assert.deepEqual(latencies.seconds(999), []);
    assert.deepEqual(latencies.seconds(1000), [{ at: 0, count: 0, p50: 0, p99: 0, max: 0 }]);
    for (let ms = 200; ms > 0; ms--) latencies.record(2000, ms);
    latencies.record(2999, 0.5);
    const third = { at: 2, count: 201, p50: 100, p99: 198, max: 200 };
    assert.deepEqual(latencies.seconds(3000).at(-1), third);
    const { at: _, ...all } = third;
    assert.deepEqual(latencies.summary(), all);
    // A second is only computed once.
    assert.equal(latencies.seconds(3000)[2], latencies.seconds(61_000)[1]);
  });

  it('are forgotten after sixty seconds', () => {
    const latencies = makeLatencies();
    for (const at of [0, 1000, 59_999]) latencies.record(at, at);
    assert.deepEqual(latencies.summary(), { count: 3, p50: 1000, p99: 59_999, max: 59_999 });
    latencies.record(60_000, 5);
    assert.deepEqual(latencies.summary(), { count: 3, p50: 1000, p99: 59_999, max: 59_999 });
    latencies.record(61_000, 6);
    assert.deepEqual(latencies.summary(), { count: 3, p50: 6, p99: 59_999, max: 59_999 });
    const kept = latencies.seconds(61_000);
    assert.deepEqual([kept.length, kept[0]?.at, kept.at(-1)?.at], [60, 1, 60]);
  });

  it('are measured values of the last sixty whole seconds', () => {
    const sample = fc.tuple(fc.nat(3000), fc.double({ min: 0, max: 1000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 100 }), (samples) => {
        const latencies = makeLatencies();
        let at = 0;
        const all: [second: number, ms: number][] = [];
        for (const [wait, ms] of samples) {
          at += wait;
          latencies.record(at, ms);
          all.push([Math.floor(at / 1000), ms]);
        }
        const current = Math.floor(at / 1000);
        const seconds = latencies.seconds(at);
        assert.deepEqual(
          seconds.map((second) => second.at),
          Array.from({ length: Math.min(60, current) }, (_, i) => Math.max(0, current - 60) + i),
        );
        for (const second of seconds) {
          const values = all.filter(([of]) => of === second.at).map(([, ms]) => ms);
          assert.equal(second.count, values.length);
          assert.equal(second.max, Math.max(0, ...values));
          if (values.length === 0) continue;
          for (const [share, value] of [
            [0.5, second.p50],
            [0.99, second.p99],
          ] as const) {
            assert.ok(values.includes(value));
            assert.ok(values.filter((ms) => ms <= value).length >= share * values.length);
            assert.ok(values.filter((ms) => ms < value).length < share * values.length);
          }
        }
      }),
    );
  });
});
