import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClose } from './assert.test.fixture.ts';
import { compareRounds } from './comparison.ts';

const LATENCY = { better: 'lower', threshold: 0.02 } as const;

/** Ten rounds of a machine that is disturbed in the second half: both sides of a round alike. */
const BASELINE = [100, 101, 99, 102, 98, 150, 151, 149, 152, 148];

test('the rounds are compared within themselves: a machine that slows down half-way hides nothing', () => {
  const variant = BASELINE.map((value, i) => value * (1.05 + i / 1_000));
  const [comparison] = compareRounds(BASELINE, [variant], LATENCY, 1);
  assert.equal(comparison?.verdict, 'slower');
  assert.equal(comparison.rounds, 10);
  assertClose(comparison.ratio, Math.sqrt(1.054 * 1.055));
  assertClose(comparison.p, 2 / 1024);
});

test('p is adjusted for the variants compared, each by its place', () => {
  const variants = [0.5, -0.001].map((change) =>
    BASELINE.map((value, i) => value * Math.exp(change + (i % 2 === 0 ? 0.01 : -0.01) * (1 + i / 100))),
  );
  const [large, none] = compareRounds(BASELINE, variants, LATENCY, 1);
  assertClose(large?.adjustedP as number, 2 * (large?.p as number));
  assert.equal(none?.adjustedP, none?.p);
  assert.equal(large?.verdict, 'slower');
  assert.equal(none?.verdict, 'no difference detected');
  assert.ok((none?.detectable as number) > 1.01);
});

test('six rounds are enough for one variant, too few for two', () => {
  const variant = [110, 111, 112, 113, 114, 115];
  const baseline = variant.map(() => 100);
  const verdicts = (variants: number[][]) =>
    compareRounds(baseline, variants, LATENCY, 1).map((comparison) => comparison?.verdict);
  assert.deepEqual(verdicts([variant]), ['slower']);
  assert.deepEqual(verdicts([variant, baseline]), ['too few rounds', 'too few rounds']);
});

test('the more variants, the larger an effect must be to be detectable', () => {
  const noisy = BASELINE.map((value, i) => value * Math.exp(0.01 * Math.cos(i * i)));
  const detectableAmong = (variants: number[][]) =>
    compareRounds(BASELINE, variants, { better: 'lower', threshold: 0 }, 1)[0]?.detectable as number;
  assert.ok(detectableAmong([noisy]) < detectableAmong([noisy, noisy, noisy, noisy]));
});

test('a round counts where both sides gave the figure', () => {
  const baseline = [100, null, 100, 100, 100, 100, 100, 100];
  const variant = [110, 111, null, 112, 113, 114, 115];
  const [some, none] = compareRounds(baseline, [variant, new Array(8).fill(null)], LATENCY, 1);
  assert.equal(some?.rounds, 5);
  assertClose(some?.ratio as number, 1.13);
  assert.equal(some?.verdict, 'too few rounds');
  assert.equal(some?.detectable, null);
  assert.equal(none, null);
});

test('a variant that is the baseline: ratio 1, p 1, no difference', () => {
  const [same] = compareRounds(BASELINE, [BASELINE], LATENCY, 1);
  assert.deepEqual(
    [same?.ratio, same?.interval, same?.bootstrap, same?.p, same?.verdict],
    [1, { low: 1, high: 1 }, { low: 1, high: 1 }, 1, 'no difference detected'],
  );
  assertClose(same?.detectable as number, 1.02);
});

test('a figure of 0 is refused: it has no ratio', () => {
  assert.throws(() => compareRounds([1, 2], [[1, 0]], LATENCY, 1), /0 has no ratio/);
});
