import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../test/machine.ts';
import { makeBothSteps } from '../../../test/result.ts';
import { emptyHistogram } from '../../measure/histogram.ts';
import { formatTime } from '../page/format.ts';
import { viewOf } from '../view.ts';
import { rateFinding, responseFinding } from './course.ts';
import { percentileFinding, tailFinding } from './curve.ts';
import { DURATION, levelsSentence } from './levels.ts';

test('a level is told from the highest to the lowest, as about the same, alone, or as not measured', () => {
  const told = (...values: (number | null)[]) =>
    levelsSentence(
      'The time',
      values.map((value, at) => ({ name: `v${at}`, value })),
      formatTime,
    );
  assert.equal(
    told(20, null, 50, 30),
    'The time was highest with v2, 50 µs, and lowest with v0, 20 µs: 2.5 times as much.',
  );
  assert.equal(told(0, 50), 'The time was highest with v1, 50 µs, and lowest with v0, 0 µs.');
  assert.equal(told(100, 104, 102), 'The time was about the same with all: 100 µs to 104 µs.');
  assert.equal(told(100, 100), 'The time was about the same with all: 100 µs.');
  assert.equal(told(null, 40), 'The time was 40 µs with v1.');
  assert.equal(told(null), 'The time was not measured.');
  const levels = [20, 50].map((value) => ({ name: `of ${value}`, value }));
  assert.equal(
    levelsSentence('The time', levels, formatTime, DURATION),
    'The time was longest with of 50, 50 µs, and shortest with of 20, 20 µs: 2.5 times as long.',
  );
});

/** So many messages that took so long (µs). */
function times(counts: Record<number, number>) {
  const histogram = emptyHistogram();
  for (const [us, count] of Object.entries(counts)) histogram.recordValueWithCount(Number(us), count);
  return histogram;
}

test('percentiles are told of the quickest and the slowest, as far as the samples go', () => {
  const quick = { name: 'quick', times: times({ 100: 9800, 2000: 200 }) };
  const slow = { name: 'slow', times: times({ 300: 9000, 1500: 1000 }) };
  assert.equal(
    percentileFinding([slow, quick]),
    'Half of all messages came back within 100 µs (quick) to 300 µs (slow), 99 of 100 within 1.5 ms (slow) to 2 ms (quick).',
  );
  assert.equal(
    percentileFinding([quick]),
    'Half of all messages came back within 100 µs, 99 of 100 within 2 ms: 20 times as long.',
  );
  assert.match(percentileFinding([{ name: 'few', times: times({ 100: 50 }) }]), /too few for a p99/);
  assert.match(percentileFinding([]), /Too few messages/);
  assert.equal(
    tailFinding([slow, quick]),
    'The share of messages that took more than 10 times the median was highest with quick, 2 %, and lowest with slow, 0 %.',
  );
});

test('the most uneven moment of the steady phase is found, with what disturbed it', () => {
  const result = makeBothSteps(2, 6);
  const [, plain, , plainLatency] = result.runs;
  const dip = plain?.slices.filter(({ phase }) => phase === 'steady')[3];
  assert.ok(plain && plainLatency && dip);
  dip.counters.echoed = Math.round(dip.counters.echoed / 2);
  disturb(plain, 3, { stolenUs: 900_000 });
  const [throughput, latency] = viewOf(result).steps;
  assert.match(
    rateFinding(throughput?.runs ?? []),
    /^The most uneven was plain: it echoed up to 4\d(\.\d)? % less than its mean, at 3 s \(disturbed: steal\)\.$/,
  );
  assert.match(
    rateFinding(throughput?.runs.slice(1) ?? []),
    /^At the moment furthest from its mean it echoed 4/,
  );
  for (const run of result.runs) for (const slice of run.slices) slice.counters.echoed = 1000;
  assert.equal(
    rateFinding(viewOf(result).steps[0]?.runs ?? []),
    'No moment of the steady phase is more than 1 % off the mean of its run.',
  );
  const slowest = latency?.runs
    .flatMap(({ points }) => points)
    .filter(({ phase }) => phase === 'steady')
    .reduce((most, { p99Us }) => Math.max(most, p99Us ?? 0), 0);
  assert.ok(
    responseFinding(latency?.runs ?? []).startsWith(
      `The highest p99 of a moment is ${formatTime(slowest)} of `,
    ),
  );
  assert.match(responseFinding(throughput?.runs.slice(0, 0) ?? []), /Too few messages/);
});
