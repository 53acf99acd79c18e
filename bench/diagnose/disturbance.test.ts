import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { disturb } from '../../test/machine.ts';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import type { Run } from '../model/run.ts';
import { busyRun, judge, openRun, QUICK, setTimes, spinning } from './busy.test.fixture.ts';
import { diagnose } from './diagnose.ts';

describe('a disturbed run', () => {
  const LATE = { sendLag: 5000, response: 10_000 };
  /** An open loop of ten seconds; in those that are named the host took its share and the generator was late. */
  const disturbed = (...seconds: number[]): Run => {
    const run = openRun(1, QUICK, {}, { seconds: 10 });
    const steady = run.slices.filter(({ phase }) => phase === 'steady');
    for (const second of seconds) {
      disturb(run, second, { stolenUs: 5e6 });
      setTimes(steady[second] ?? assert.fail(), LATE);
    }
    return run;
  };
  const notice = (run: Run) => diagnose(run, 64).notices.find(({ code }) => code === 'disturbed-seconds');

  test('is valid where the other seconds are at least half and nothing speaks against them', () => {
    const run = disturbed(1, 2, 3, 6, 8);
    assert.deepEqual([judge(run).verdict, judge(run).reasons], ['valid', []]);
    assert.equal(judge(run).limit.component, 'schedule');
    assert.match(
      notice(run)?.text ?? '',
      /^Disturbed: 5 of 10 seconds of the steady phase \(2–4, 7, 9\), in which the host gave up to 7\.8 % of the CPUs' time to others\. Response time p99 is \d+ µs over all seconds and 1\d\d\d over the undisturbed ones\. Send lag p99 is 5\d\d\d µs over all seconds and 50 over/,
    );
  });

  test('is suspect because of the disturbance where they are fewer, with what that did', () => {
    const { verdict, reasons } = judge(disturbed(0, 1, 2, 3, 6, 8));
    assert.equal(verdict, 'suspect');
    assert.match(
      reasons[0] ?? '',
      /^Disturbed: 6 of 10 seconds of the steady phase \(1–4, 7, 9\), in which the host/,
    );
    assert.match(reasons[1] ?? '', /^The generator sent late/);
    assert.equal(reasons.length, 2);
  });

  test('is suspect where no second is left to compare with', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert.match(judge(run).reasons.join(' '), /^Disturbed: 10 of 10 seconds .* The generator sent late/);
    assert.match(notice(run)?.text ?? '', /No second is left to compare with\.$/);
  });

  test('did not keep its schedule where it did so in no second', () => {
    const run = openRun(0.5, { sendLag: 50, response: 2_000_000 }, {}, { seconds: 2 });
    for (const second of [0, 1]) disturb(run, second, { stolenUs: 5e6 });
    const { limit, reasons } = judge(run);
    assert.equal(limit.component, 'none');
    assert.deepEqual(
      reasons.map((reason) => reason.split(' ').slice(0, 2).join(' ')),
      ['Disturbed: 2', 'Only 50', 'Only 0.0'],
    );
  });

  test('is its own fault where the undisturbed seconds are no better', () => {
    const run = disturbed(1, 2);
    for (const slice of run.slices) setTimes(slice, LATE);
    assert.match(judge(run).reasons.join(' '), /^The generator sent late[^.]*\.$/);
  });

  test('is valid where nothing was touched, however many seconds were disturbed', () => {
    const run = disturbed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (const slice of run.slices) setTimes(slice, QUICK);
    assert.deepEqual(judge(run).reasons, []);
    assert.equal(notice(run)?.level, 'warning');
  });

  test('is suspect where latency was touched in more than half of its seconds, though the schedule was kept', () => {
    const slow = (response: number, ...seconds: number[]) => {
      const run = disturbed(...seconds);
      const steady = run.slices.filter(({ phase }) => phase === 'steady');
      for (const second of seconds) setTimes(steady[second] ?? assert.fail(), { sendLag: 50, response });
      return judge(run).reasons.join(' ');
    };
    assert.match(slow(1100, 0, 1, 2, 3, 4, 5), /^Disturbed: 6 of 10 seconds [^.]*\.\d %[^.]*\.$/);
    assert.equal(slow(1040, 0, 1, 2, 3, 4, 5), '');
    assert.equal(slow(1100, 0, 1, 2, 3, 4), '');
  });

  test('is suspect where only the tail was touched', () => {
    const tail = (response: number) => {
      const run = disturbed(0, 1, 2, 3, 4, 5);
      for (const slice of run.slices) setTimes(slice, QUICK);
      for (const slice of run.slices.filter(({ phase }) => phase === 'steady').slice(0, 6)) {
        const histogram = emptyHistogram();
        histogram.recordValueWithCount(1000, Math.floor(slice.counters.echoed * 0.9));
        histogram.recordValueWithCount(response, Math.ceil(slice.counters.echoed * 0.1));
        slice.histograms.response = encode(histogram);
      }
      return judge(run).reasons.join(' ');
    };
    assert.equal(tail(1900), '');
    assert.match(tail(2100), /^Disturbed: 6 of 10 seconds [^:]*$/);
  });

  test('is suspect where a tenth of the CPUs was taken all the time', () => {
    const taken = (stolenUs: number) => {
      const run = openRun(1, QUICK, {}, { seconds: 2 });
      for (const second of [0, 1]) disturb(run, second, { stolenUs });
      return judge(run).verdict;
    };
    assert.deepEqual([taken(6.3e6), taken(6.5e6)], ['valid', 'suspect']);
  });

  test('of a spinning generator that was late only then: the schedule was kept', () => {
    assert.equal(judge(spinning(disturbed(1, 2))).limit.component, 'schedule');
  });

  test('of a spinning generator that was late only then is not limited by it, whatever else fell short', () => {
    const run = spinning(disturbed(1, 2));
    for (const slice of run.slices) if (slice.phase === 'warm-up') slice.gauges.outstanding = 5000;
    assert.equal(judge(run).limit.component, 'none');
    assert.match(judge(run).reasons.join(' '), /^The steady phase began with 5000 messages/);
  });

  test('in a closed loop is touched where it echoed more in the other seconds', () => {
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
    assert.match(
      judge(closed(0.5, 0, 1, 2)).reasons.join(' '),
      /^Disturbed: 3 of 4 seconds of the steady phase \(1–3\), in which other work took up to 11 % of the CPUs' time\.$/,
    );
    assert.deepEqual(judge(closed(0.96, 0, 1, 2)).reasons, []);
    assert.match(judge(closed(1, 0, 1, 2, 3)).reasons.join(' '), /^Disturbed: 4 of 4/);
    assert.match(
      notice(closed(0.5, 0, 1))?.text ?? '',
      /It echoed 750 messages\/s over all seconds and 1000 over/,
    );
  });
});
