import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { disturb } from '../../test/machine.ts';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { sliceUs } from '../model/turns.ts';
import type { DisturbedFigures } from '../wording/notices.ts';
import type { DisturbanceFacts } from '../wording/validity.ts';
import { busyRun, judge, openRun, QUICK, setTimes, spinning } from './busy.test.fixture.ts';
import { diagnose } from './diagnose.ts';

describe('a disturbed run', () => {
  const LATE = { sendLag: 5000, response: 10_000 };
  /** An open loop of ten seconds. In the given ones, the host took CPU time and the generator was late. */
  const disturbed = (...seconds: number[]): Run => {
    const run = openRun(1, QUICK, {}, { seconds: 10 });
    const steady = run.slices.filter(({ phase }) => phase === 'steady');
    for (const second of seconds) {
      disturb(run, second, { stolenUs: 5e6 });
      setTimes(steady[second] ?? assert.fail(), LATE);
    }
    return run;
  };
  const codesOf = (run: Run) => judge(run).reasons.map(({ code }) => code);
  const notice = (run: Run) => diagnose(run, 64).notices.find(({ code }) => code === 'disturbed-seconds');

  test('is valid if at least half of the seconds are undisturbed and without doubts', () => {
    const run = disturbed(1, 2, 3, 6, 8);
    assert.deepEqual([judge(run).verdict, judge(run).reasons], ['valid', []]);
    assert.equal(judge(run).limit.component, 'schedule');
    const { all, undisturbed, ...facts } = (notice(run)?.data ?? {}) as unknown as DisturbanceFacts &
      DisturbedFigures;
    assert.deepEqual(
      { ...facts, stolen: Math.round(Number(facts.stolen) * 1000) },
      {
        count: 5,
        seconds: [2, 3, 4, 7, 9],
        of: 10,
        stolen: 78,
        other: null,
      },
    );
    const rounded = (figures: DisturbedFigures['all']) =>
      [figures?.responseUs, figures?.sendLagUs].map((us) => Math.floor(Number(us) / 1000));
    assert.deepEqual([rounded(all)[1], rounded(undisturbed)], [5, [1, 0]]);
  });

  test('with silent connections has no rate to compare', () => {
    const run = disturbed(1, 2);
    run.plan.workload = { ...run.plan.workload, load: null, scenario: 'storm' };
    for (const figures of ['all', 'undisturbed'])
      assert.deepEqual(notice(run)?.data[figures], { perSecond: null, responseUs: null, sendLagUs: null });
  });

  test('has no send lag to compare if none was recorded', () => {
    const run = disturbed(1, 2);
    for (const slice of run.slices) delete slice.histograms.sendLag;
    const { all, undisturbed } = (notice(run)?.data ?? {}) as unknown as DisturbedFigures;
    assert.deepEqual(
      [all, undisturbed].map((figures) => ({ ...figures, responseUs: Number(figures?.responseUs) > 0 })),
      new Array(2).fill({ perSecond: null, responseUs: true, sendLagUs: null }),
    );
  });

  test('is not known if the machine was not sampled', () => {
    const run = { ...openRun(1, LATE), machine: null };
    assert.deepEqual(codesOf(run), ['send-lag']);
    assert.equal(notice(run), undefined);
  });

  test('in turns states the length of its parts instead of seconds', () => {
    const run = disturbed(1);
    const facts = notice(run)?.data ?? {};
    assert.equal('eachUs' in facts, false);
    run.plan.turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true };
    const eachUs = sliceUs(run.plan.turns);
    assert.equal(notice(run)?.data.eachUs, eachUs);
    assert.ok(eachUs > 0);
  });

  test('is suspect because of the disturbance if fewer are undisturbed, with its consequences', () => {
    const { verdict, reasons } = judge(disturbed(0, 1, 2, 3, 6, 8));
    assert.equal(verdict, 'suspect');
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['disturbed', 'send-lag'],
    );
    assert.deepEqual(reasons[0]?.data.seconds, [1, 2, 3, 4, 7, 9]);
  });

  test('is suspect if no undisturbed second is left', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert.deepEqual(
      judge(run).reasons.map(({ code }) => code),
      ['disturbed', 'send-lag'],
    );
    assert.deepEqual([notice(run)?.data?.all, notice(run)?.data?.undisturbed], [null, null]);
  });

  test('did not keep its schedule if it kept it in no second', () => {
    const run = openRun(0.5, { sendLag: 50, response: 2_000_000 }, {}, { seconds: 2 });
    for (const second of [0, 1]) disturb(run, second, { stolenUs: 5e6 });
    const { limit, reasons } = judge(run);
    assert.equal(limit.component, 'none');
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['disturbed', 'rate-missed', 'late-echoes'],
    );
  });

  test('is suspect for its own reasons if the undisturbed seconds are no better', () => {
    const run = disturbed(1, 2);
    for (const slice of run.slices) setTimes(slice, LATE);
    assert.deepEqual(codesOf(run), ['send-lag']);
  });

  test('is valid if no figure was affected, however many seconds were disturbed', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (const slice of run.slices) setTimes(slice, QUICK);
    assert.deepEqual(judge(run).reasons, []);
    assert.equal(notice(run)?.level, 'warning');
  });

  test('is suspect if more than half of its seconds were disturbed and latency was affected, even on schedule', () => {
    const slow = (response: number, ...seconds: number[]) => {
      const run = disturbed(...seconds);
      const steady = run.slices.filter(({ phase }) => phase === 'steady');
      for (const second of seconds) setTimes(steady[second] ?? assert.fail(), { sendLag: 50, response });
      return codesOf(run);
    };
    assert.deepEqual(slow(1100, 0, 1, 2, 3, 4, 5), ['disturbed']);
    assert.deepEqual(slow(1040, 0, 1, 2, 3, 4, 5), []);
    assert.deepEqual(slow(1100, 0, 1, 2, 3, 4), []);
  });

  test('is suspect if only the tail was affected', () => {
    const tail = (response: number) => {
      const run = disturbed(0, 1, 2, 3, 4, 5);
      for (const slice of run.slices) setTimes(slice, QUICK);
      for (const slice of run.slices.filter(({ phase }) => phase === 'steady').slice(0, 6)) {
        const histogram = emptyHistogram();
        histogram.recordValueWithCount(1000, Math.floor(counted(slice.counters, 'echoed') * 0.9));
        histogram.recordValueWithCount(response, Math.ceil(counted(slice.counters, 'echoed') * 0.1));
        slice.histograms.response = encode(histogram);
      }
      return codesOf(run);
    };
    assert.deepEqual(tail(1900), []);
    assert.deepEqual(tail(2100), ['disturbed']);
  });

  test('is suspect if a tenth of the CPU time was taken throughout', () => {
    const taken = (stolenUs: number) => {
      const run = openRun(1, QUICK, {}, { seconds: 2 });
      for (const second of [0, 1]) disturb(run, second, { stolenUs });
      return judge(run).verdict;
    };
    assert.deepEqual([6.3e6, 6.4e6, 6.5e6].map(taken), ['valid', 'suspect', 'suspect']);
  });

  test('with a spinning generator that was late only then kept its schedule', () => {
    assert.equal(judge(spinning(disturbed(1, 2))).limit.component, 'schedule');
  });

  test('with a spinning generator that was late only then is not limited by it, whatever else was too low', () => {
    const run = spinning(disturbed(1, 2));
    for (const slice of run.slices) if (slice.phase === 'warm-up') slice.gauges.outstanding = 5000;
    assert.equal(judge(run).limit.component, 'none');
    assert.deepEqual([codesOf(run)[0], judge(run).reasons[0]?.data], ['backlog', { outstanding: 5000 }]);
  });

  test('in a closed loop is affected if it echoed more in the other seconds', () => {
    const closed = (share: number, ...seconds: number[]): Run => {
      const run = busyRun({}, { seconds: 4 });
      for (const slice of run.slices) slice.counters.echoed = 1000;
      for (const second of seconds) {
        disturb(run, second, { otherUs: 7e6 });
        const slice = run.slices.filter(({ phase }) => phase === 'steady')[second];
        if (slice !== undefined) slice.counters.echoed = 1000 * share;
      }
      return run;
    };
    assert.deepEqual(judge(closed(0.5, 0, 1)).reasons, []);
    const [reason, ...others] = judge(closed(0.5, 0, 1, 2)).reasons;
    assert.deepEqual(others, []);
    const { other, ...facts } = reason?.data ?? {};
    assert.deepEqual(facts, { count: 3, seconds: [1, 2, 3], of: 4, stolen: null });
    assert.equal(Math.round(Number(other) * 100), 11);
    assert.deepEqual(judge(closed(0.96, 0, 1, 2)).reasons, []);
    assert.equal(judge(closed(1, 0, 1, 2, 3)).reasons[0]?.data.count, 4);
    const beside = notice(closed(0.5, 0, 1))?.data as DisturbedFigures | undefined;
    assert.deepEqual([beside?.all?.perSecond, beside?.undisturbed?.perSecond], [750, 1000]);
  });
});
