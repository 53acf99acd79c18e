import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ceiling, unbroken } from './page/chart.ts';
import { makeLatencies } from './page/latencies.ts';
import { type Socket, startLoad } from './page/load.ts';
import { makeSchedule } from './page/schedule.ts';

/** A simulated browser and server. The clock advances, and the server answers, only when the test says so. */
function makeBrowser() {
  let nowMs = 1000;
  const timers: { atMs: number; act: () => void }[] = [];
  const sockets: (Parameters<Socket['on']>[0] & { sent: string[]; closed: boolean })[] = [];
  return {
    sockets,
    now: () => nowMs,
    later: (ms: number, act: () => void) => void timers.push({ atMs: nowMs + Math.max(ms, 0.1), act }),
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

describe('the chart', () => {
  const second = (at: number, count: number) => ({ at, count, p50: 1, p99: 2, max: 3 });

  it('has a gap for seconds without responses', () => {
    const parts = unbroken([0, 2, 1, 0, 0, 5].map((count, at) => second(at, count)));
    assert.deepEqual(
      parts.map((part) => part.map(({ at }) => at)),
      [[1, 2], [5]],
    );
    assert.deepEqual(unbroken([]), []);
  });

  it('ends at a round number of milliseconds, at least the highest value shown', () => {
    assert.deepEqual(
      [0, 1, 1.1, 2, 3, 10, 10.1, 51, 999, 5001].map(ceiling),
      [1, 1, 2, 2, 5, 10, 20, 100, 1000, 10_000],
    );
  });
});
