import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../model/run.ts';
import { judge, openRun, QUICK, setTimes } from './busy.test.fixture.ts';
import { diagnose } from './diagnose.ts';

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

  test('is doubted if it was late in the other seconds as well', () => {
    const run = lateInOneSecond({ back: 1 });
    for (const slice of run.slices) setTimes(slice, { sendLag: 170_000, response: 270_000 });
    const { reasons, notices } = codesOf(run);
    assert.deepEqual([reasons.includes('send-lag'), notices], [true, []]);
  });
});
