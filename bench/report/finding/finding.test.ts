import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../test/machine.ts';
import { makeBothSteps } from '../../../test/result.ts';
import { emptyHistogram } from '../../measure/histogram.ts';
import { counted } from '../../model/recording.ts';
import { formatTime } from '../../wording/format.ts';
import { type RunView, viewOf } from '../view.ts';
import { rateFinding, responseFinding } from './course.ts';
import { percentileFinding, tailFinding } from './curve.ts';
import { DURATION, extremesSentence } from './extremes.ts';

test('levels are stated from highest to lowest, as about the same, for one variant only, or as not measured', () => {
  const told = (...values: (number | null)[]) =>
    extremesSentence(
      'The time',
      values.map((value, at) => ({ name: `v${at}`, value })),
      formatTime,
    );
  assert.equal(
    told(20, null, 50, 30),
    'The time was highest for v2 (50 µs) and lowest for v0 (20 µs), a factor of 2.5.',
  );
  assert.equal(told(0, 50), 'The time was highest for v1 (50 µs) and lowest for v0 (0 µs).');
  assert.equal(told(100, 104, 102), 'The time was about the same for all variants: 100 µs to 104 µs.');
  assert.equal(told(100, 105), 'The time was about the same for all variants: 100 µs to 105 µs.');
  assert.equal(
    told(100, 106),
    'The time was highest for v1 (106 µs) and lowest for v0 (100 µs), a difference of 6 %.',
  );
  assert.equal(
    told(100, 200),
    'The time was highest for v1 (200 µs) and lowest for v0 (100 µs), a factor of 2.',
  );
  assert.equal(
    told(0.5, 1.0617),
    `The time was highest for v1 (${formatTime(1.0617)}) and lowest for v0 (${formatTime(0.5)}), a factor of 2.12.`,
  );
  assert.equal(told(100, 100), 'The time was about the same for all variants: 100 µs.');
  assert.equal(told(null, 40), 'The time was 40 µs for v1.');
  assert.equal(told(null), 'The time was not measured.');
  const levels = [20, 50].map((value) => ({ name: `of ${value}`, value }));
  assert.equal(
    extremesSentence('The time', levels, formatTime, DURATION),
    'The time was longest for of 50 (50 µs) and shortest for of 20 (20 µs), a factor of 2.5.',
  );
});

/** A histogram with this number of messages for each time in µs. */
function times(counts: Record<number, number>) {
  const histogram = emptyHistogram();
  for (const [us, count] of Object.entries(counts)) histogram.recordValueWithCount(Number(us), count);
  return histogram;
}

test('percentiles are stated for the fastest and the slowest variant, as far as samples suffice', () => {
  const quick = { name: 'quick', times: times({ 100: 9800, 2000: 200 }) };
  const slow = { name: 'slow', times: times({ 300: 9000, 1500: 1000 }) };
  assert.equal(
    percentileFinding([slow, quick]),
    'Half of the messages came back within 100 µs (quick) to 300 µs (slow) and 99 % within 1.5 ms (slow) to 2 ms (quick).',
  );
  assert.equal(
    percentileFinding([quick]),
    'Half of the messages came back within 100 µs and 99 % within 2 ms, 20 times as long.',
  );
  assert.match(percentileFinding([{ name: 'few', times: times({ 100: 50 }) }]), /too few messages for a p99/);
  assert.match(percentileFinding([]), /Too few echoes/);
  assert.equal(
    tailFinding([slow, quick]),
    'The share of messages that took more than 10 times the median was highest for quick (2 %) and lowest for slow (0 %).',
  );
});

test('a percentile is exactly that, and no factor is stated if variants differ in one of both', () => {
  const halves = { name: 'halves', times: times({ 100: 5000, 300: 4900, 600: 100 }) };
  const tails = { name: 'tails', times: times({ 100: 9000, 900: 1000 }) };
  assert.equal(
    percentileFinding([halves]),
    'Half of the messages came back within 100 µs and 99 % within 300 µs, 3 times as long.',
  );
  assert.equal(
    percentileFinding([halves, tails]),
    'Half of the messages came back within 100 µs and 99 % within 300 µs (halves) to 900 µs (tails).',
  );
});

test('a message of exactly ten times the median is not stalled, and one message is enough for a share', () => {
  const share = (...all: Record<number, number>[]) =>
    tailFinding(all.map((counts, at) => ({ name: `v${at}`, times: times(counts) })));
  const subject = 'The share of messages that took more than 10 times the median';
  assert.equal(share({ 100: 90, 1000: 10 }), `${subject} was 0 % for v0.`);
  assert.equal(share({ 100: 90, 1001: 10 }), `${subject} was 10 % for v0.`);
  // The 51st percentile is twice the median.
  assert.equal(share({ 100: 50, 200: 40, 1500: 10 }), `${subject} was 10 % for v0.`);
  assert.equal(share({}, { 100: 1 }), `${subject} was 0 % for v1.`);
  assert.equal(share({}), `${subject} was not measured.`);
});

test('the finding names the most uneven moment of the steady phase, and what disturbed it', () => {
  const result = makeBothSteps(2, 6);
  const [, plain, , plainLatency] = result.runs;
  const dip = plain?.slices.filter(({ phase }) => phase === 'steady')[3];
  assert.ok(plain && plainLatency && dip);
  dip.counters.echoed = Math.round(counted(dip.counters, 'echoed') / 2);
  disturb(plain, 3, { stolenUs: 900_000 });
  const [throughput, latency] = viewOf(structuredClone(result)).steps;
  assert.match(
    rateFinding(throughput?.runs ?? []),
    /^The rate deviated from the mean by up to 4\d(\.\d)? % for plain: it fell to [\d.]+k\/s at 3 s \(disturbed: steal\)\.$/,
  );
  assert.equal(
    rateFinding(throughput?.runs.toReversed() ?? []),
    rateFinding(throughput?.runs ?? []),
    'whatever the order of the variants',
  );
  assert.match(rateFinding(throughput?.runs.slice(1) ?? []), /^The rate deviated from the mean by up to 4\d/);
  for (const run of result.runs) for (const slice of run.slices) slice.counters.echoed = 1000;
  assert.equal(
    rateFinding(viewOf(result).steps[0]?.runs ?? []),
    'The rate was steady: it stayed within 1 % of the mean.',
  );
  const slowest = latency?.runs
    .flatMap(({ points }) => points)
    .filter(({ phase }) => phase === 'steady')
    .reduce((most, { p99Us }) => Math.max(most, p99Us ?? 0), 0);
  assert.ok(responseFinding(latency?.runs ?? []).startsWith(`p99 peaked at ${formatTime(slowest)} (`));
  assert.match(responseFinding(throughput?.runs.slice(0, 0) ?? []), /Too few messages/);
});

/** A run with these rates in its steady seconds, as far as a finding needs it; null where none is known. */
function ratesOf(name: string, perSecond: number | null, rates: readonly (number | null)[]): RunView {
  const points = rates.map((echoedPerSecond, second) => ({
    ...{ phase: 'steady', startUs: (second + 0.99) * 1e6, endUs: (second + 1) * 1e6, echoedPerSecond },
  }));
  const before = { phase: 'warm-up', startUs: 0, endUs: 1, echoedPerSecond: 1e9 };
  return {
    ...{ name, figures: { messages: { perSecond } }, points: [before, ...points], zeroUs: 0, seconds: null },
  } as unknown as RunView;
}

test('the rate is steady within 1 % of the mean, and otherwise rose or fell furthest in one second of one variant', () => {
  const told = (...runs: RunView[]) => rateFinding(runs);
  const none = 'No rate was measured in the steady phase.';
  assert.deepEqual(
    [told(), told(ratesOf('a', null, [5])), told(ratesOf('a', 0, [5])), told(ratesOf('a', 5, []))],
    [none, none, none, none],
  );
  const steady = 'The rate was steady: it stayed within 1 % of the mean.';
  assert.equal(told(ratesOf('a', 1000, [1000, 991, 1009, null])), steady);
  assert.equal(told(ratesOf('a', 0, [5]), ratesOf('b', 1, [1])), steady);
  const fell = (name: string) =>
    `The rate deviated from the mean by up to 25 %${name}: it fell to 750/s at 2 s.`;
  assert.equal(told(ratesOf('a', 1000, [1000, null, 750, 1240])), fell(''));
  const [up, down] = [ratesOf('a', 1000, [1240, 1000]), ratesOf('b', 1000, [800, 1000, 750])];
  assert.deepEqual([told(up, down), told(down, up)], [fell(' for b'), fell(' for b')]);
  assert.equal(
    told(ratesOf('a', 100, [100, 101])),
    'The rate deviated from the mean by up to 1 %: it rose to 101/s at 1 s.',
  );
  assert.equal(
    told(ratesOf('a', 1, [1.5])),
    'The rate deviated from the mean by up to 50 %: it rose to 1.5/s at 0 s.',
  );
});
