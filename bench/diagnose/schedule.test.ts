import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { judge, openRun, QUICK, setTimes } from './busy.test.fixture.ts';
import { diagnose } from './diagnose.ts';
import { lateness, ofUndisturbedSeconds, type ScheduleFigures, scheduleDoubts } from './schedule.ts';

test('Poisson arrivals may fall short by chance, by up to three times the square root of their number', () => {
  const withArrivals = (arrivals: 'uniform' | 'poisson', deviations: number) => {
    const run = openRun(1, QUICK);
    const { load } = run.plan.workload;
    if (load?.kind !== 'open') throw new Error('an open loop is needed');
    // 10,000 messages in the steady phase: the root is 1 %.
    run.plan.durationMs = (10_000 / load.ratePerSecond) * 1e3;
    const ratePerSecond = load.ratePerSecond / (1 - deviations / 100);
    run.plan.workload.load = { ...load, arrivals, ratePerSecond };
    return judge(run).verdict;
  };
  assert.equal(withArrivals('poisson', 2.5), 'valid');
  assert.equal(withArrivals('poisson', 3.5), 'suspect');
  assert.equal(withArrivals('uniform', 2.5), 'suspect');
});

describe('a run that never settled', () => {
  /** An open loop of about 1,000 messages per second, with this many outstanding at the end of its warm-up. */
  const withBacklog = (outstanding: number, response = 1000): Run => {
    const run = openRun(1, { sendLag: 50, response }, {}, { seconds: 3 });
    for (const slice of run.slices) {
      if (slice.phase === 'warm-up') slice.gauges.outstanding = outstanding;
    }
    return run;
  };

  test('is suspect if the steady phase began with a backlog, and its schedule was not the limit', () => {
    const { verdict, reasons, limit } = judge(withBacklog(120));
    assert.equal(verdict, 'suspect');
    assert.equal(reasons.length, 1);
    assert.deepEqual([reasons[0]?.code, reasons[0]?.data], ['backlog', { outstanding: 120 }]);
    assert.equal(limit.component, 'none');
  });

  test('has no backlog below a tenth of a second, or if the usual response time explains it', () => {
    assert.deepEqual(judge(withBacklog(90)).reasons, []);
    assert.deepEqual(judge(withBacklog(1400, 500_000)).reasons, []);
    assert.equal(judge(withBacklog(1700, 500_000)).verdict, 'suspect');
  });

  test('does not count as on schedule because a backlog was echoed in its steady phase', () => {
    const run = openRun(1.02, { sendLag: 50, response: 1_800_000 }, { proxy: [0.3], generator: [0.3] });
    const { limit, verdict } = judge(run, 0.85);
    assert.equal(limit.component, 'machine');
    assert.equal(verdict, 'suspect');
  });
});

describe('a generator that sent late in one second', () => {
  /** An open loop of some seconds. The generator was late in the first second of the steady phase. */
  const lateInOneSecond = (counters: Record<string, number>): Run => {
    const run = openRun(1, QUICK, {}, { seconds: 4, perSecond: 2000 });
    const slice = run.slices.find(({ phase }) => phase === 'steady');
    if (slice === undefined) throw new Error('a steady phase is needed');
    setTimes(slice, { sendLag: 170_000, response: 270_000 });
    Object.assign(slice.counters, counters);
    run.plan.workload = { ...run.plan.workload, scenario: 'reload' };
    return run;
  };
  const codesOf = (run: Run) => {
    const { validity, notices } = diagnose(run, 64);
    const late = notices.filter(({ code }) => code === 'comeback-lag');
    return { reasons: validity.reasons.map(({ code }) => code), notices: late.map(({ data }) => data) };
  };

  test('is doubted', () => {
    const { reasons, notices } = codesOf(lateInOneSecond({}));
    assert.deepEqual([reasons.includes('send-lag'), notices], [true, []]);
  });

  test('is not doubted if clients reconnected in that second; a notice reports it instead', () => {
    for (const counter of ['cut', 'attempts', 'back']) {
      const { reasons, notices } = codesOf(lateInOneSecond({ [counter]: 1 }));
      assert.equal(reasons.includes('send-lag'), false, counter);
      assert.equal(notices.length, 1, counter);
      assert.ok(Number(notices[0]?.lagUs) > 150_000);
    }
  });

  test('is not doubted however few messages were sent in that second, or if any other second is left', () => {
    const few = lateInOneSecond({ back: 1 });
    for (const slice of few.slices.filter(({ counters }) => counters.back === undefined)) {
      slice.counters.echoed = 1e6;
      setTimes(slice, QUICK);
    }
    assert.equal(Math.round(Number(codesOf(few).notices[0]?.lagUs) / 1e3), 170);
    const one = lateInOneSecond({});
    const [first, ...others] = one.slices.filter(({ phase }) => phase === 'steady' || phase === 'drain');
    for (const slice of others) {
      slice.counters.back = 1;
      setTimes(slice, { sendLag: 170_000, response: 270_000 });
    }
    setTimes(first ?? assert.fail(), QUICK);
    const { reasons, notices } = codesOf(one);
    assert.deepEqual([reasons.includes('send-lag'), notices.length], [false, 1]);
  });

  test('is doubted if clients reconnected in every second', () => {
    const run = lateInOneSecond({});
    for (const slice of run.slices) slice.counters.back = 1;
    const { reasons, notices } = codesOf(run);
    assert.deepEqual([reasons.includes('send-lag'), notices], [true, []]);
  });

  test('is doubted if it was late in the other seconds as well', () => {
    const run = lateInOneSecond({ back: 1 });
    for (const slice of run.slices) setTimes(slice, { sendLag: 170_000, response: 270_000 });
    const { reasons, notices } = codesOf(run);
    assert.deepEqual([reasons.includes('send-lag'), notices], [true, []]);
  });
});

describe('the doubts about a schedule', () => {
  const KEPT: ScheduleFigures = { sendLagUs: 300, responseUs: 1000, ratio: 0.99, inTime: 0.99 };

  /** Returns the doubts about 1,000 messages per second with a median response time of 10 ms. */
  function doubts(
    changes: Partial<ScheduleFigures>,
    { atStart = 100 as number | null, p50 = 10_000 as number | null, perSecond = 1000, offered = true } = {},
    run = openRun(1, QUICK),
  ) {
    const figures = figuresOf(run);
    const { response: measured } = figures.latencies;
    const response = p50 === null || measured === null ? null : { ...measured, p50 };
    return scheduleDoubts(
      run,
      {
        ...figures,
        offered: offered ? { perSecond, achievedPerSecond: null, ratio: 1, inTime: 1 } : null,
        steady: { ...figures.steady, outstanding: { ...figures.steady.outstanding, atStart } },
        latencies: { ...figures.latencies, response },
      },
      { ...KEPT, ...changes },
    );
  }

  test('name what was missed, by how much, from the first value that is not good enough', () => {
    assert.deepEqual(doubts({}), {});
    assert.deepEqual(doubts({ sendLagUs: null, responseUs: null, ratio: null, inTime: null }), {});
    assert.deepEqual(doubts({ ratio: 0.989, inTime: 0.989, sendLagUs: 301 }, { atStart: 101 }), {
      lag: finding('send-lag', { lagUs: 301, share: 0.301 }),
      rate: finding('rate-missed', { ratio: 0.989 }),
      inTime: finding('late-echoes', { share: 0.989 }),
      backlog: finding('backlog', { outstanding: 101 }),
    });
    const connect = openRun(1, QUICK);
    connect.plan.workload.scenario = 'connect';
    const work = 'handshakes';
    assert.deepEqual(doubts({ ratio: 0.5, inTime: 0.5, sendLagUs: 500 }, { atStart: 101 }, connect), {
      lag: finding('send-lag', { lagUs: 500, share: 0.5, work }),
      rate: finding('rate-missed', { ratio: 0.5, work }),
      inTime: finding('late-echoes', { share: 0.5, work }),
      backlog: finding('backlog', { outstanding: 101, work }),
    });
    const closed = makeRun({ seconds: 2 });
    assert.deepEqual(doubts({ ratio: 0.1 }, {}, closed), {});
  });

  test('allow Poisson arrivals to fall short by three standard deviations, and never less than uniform ones', () => {
    const run = openRun(1, QUICK);
    run.plan.durationMs = 2000;
    const arriving = (ratio: number, ratePerSecond: number) => {
      run.plan.workload.load = { kind: 'open', arrivals: 'poisson', ratePerSecond };
      return Object.keys(doubts({ ratio }, {}, run));
    };
    // 10,000 messages: 1 − 3 ÷ 100.
    assert.deepEqual([arriving(0.97, 5000), arriving(0.96999, 5000)], [[], ['rate']]);
    assert.deepEqual([arriving(0.99, 5e6), arriving(0.9899, 5e6)], [[], ['rate']]);
  });

  test('have a backlog beyond a tenth of a second, three times the usual number, and one message', () => {
    const backlog = (...of: Parameters<typeof doubts>[1][]) =>
      of.map((each) => 'backlog' in doubts({}, each));
    assert.deepEqual(backlog({ atStart: 100, p50: null }, { atStart: 101, p50: null }), [false, true]);
    assert.deepEqual(backlog({ atStart: 300, p50: 100_000 }, { atStart: 301, p50: 100_000 }), [false, true]);
    assert.deepEqual(backlog({ atStart: 1, perSecond: 5 }, { atStart: 2, perSecond: 5 }), [false, true]);
    assert.deepEqual(backlog({ atStart: null }, { atStart: 1e6, offered: false }), [false, false]);
  });

  test('have a lag beyond 300 µs and a tenth of the response time', () => {
    const late = (sendLagUs: number | null, responseUs: number | null) =>
      lateness({ sendLagUs, responseUs, ratio: null, inTime: null });
    assert.deepEqual(
      [late(null, 1000), late(1000, null), late(300, 1), late(1000, 10_000)],
      new Array(4).fill(null),
    );
    assert.deepEqual(late(300.6, 1202.4), { lagUs: 301, share: 0.25 });
    assert.deepEqual(late(1001, 10_000), { lagUs: 1001, share: 0.1001 });
  });

  test('are those of the undisturbed seconds, relative to the offered rate', () => {
    const run = openRun(1, QUICK);
    const figures = figuresOf(run);
    const { response, sendLag } = figures.latencies;
    const calm = {
      seconds: 1,
      perSecond: 950,
      inTime: 0.98,
      response,
      sendLag,
      service: response ?? assert.fail(),
    };
    const offered = { perSecond: 1000, achievedPerSecond: null, ratio: 0.5, inTime: 0.4 };
    const of = (changes: Partial<typeof figures>) =>
      ofUndisturbedSeconds({ ...figures, offered, undisturbed: calm, ...changes });
    const times = { sendLagUs: sendLag?.p99, responseUs: response?.p99 };
    assert.deepEqual(of({}), { ...times, ratio: 0.95, inTime: 0.98 });
    assert.deepEqual(of({ offered: null }), { ...times, ratio: null, inTime: 0.98 });
    assert.deepEqual(of({ undisturbed: { ...calm, perSecond: null, response: null, sendLag: null } }), {
      ...{ sendLagUs: null, responseUs: null, ratio: null, inTime: 0.98 },
    });
    assert.equal(of({ undisturbed: null }), null);
  });
});
