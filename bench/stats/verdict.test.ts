import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalFrom, randomFrom } from '../model/random.ts';
import { effectOf } from './effect.ts';
import { DEFAULT_THRESHOLD, fewestRounds, roundsForWeights, verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

const SLOWER = { rounds: 10, ratio: 1.1, interval: { low: 1.05, high: 1.15 }, adjustedP: 0.002 };
const LATENCY = { better: 'lower', threshold: DEFAULT_THRESHOLD, comparisons: 1 } as const;
const THROUGHPUT = { ...LATENCY, better: 'higher' } as const;

test('a higher latency is slower, a higher throughput is faster', () => {
  const less = { ...SLOWER, ratio: 1 / 1.1, interval: { low: 1 / 1.15, high: 1 / 1.05 } };
  assert.equal(verdictOn(SLOWER, LATENCY), 'slower');
  assert.equal(verdictOn(SLOWER, THROUGHPUT), 'faster');
  assert.equal(verdictOn(less, LATENCY), 'faster');
  assert.equal(verdictOn(less, THROUGHPUT), 'slower');
});

test('neither significance alone, nor size alone, nor a p that contradicts the interval is enough', () => {
  for (const change of [
    { ratio: 1.019, interval: { low: 1.01, high: 1.03 } },
    { adjustedP: 0.06 },
    { adjustedP: 0.05 },
    { interval: { low: 0.99, high: 1.2 } },
    { interval: { low: 1, high: 1.2 } },
  ])
    assert.equal(verdictOn({ ...SLOWER, ...change }, LATENCY), 'no difference detected');
});

test('the threshold is 2 % by default, applies equally in both directions, and must be exceeded', () => {
  const verdictAt = (ratio: number, threshold: number) =>
    verdictOn(
      { ...SLOWER, ratio, interval: { low: ratio * 0.999, high: ratio * 1.001 } },
      { ...LATENCY, threshold },
    );
  assert.equal(verdictAt(1.021, DEFAULT_THRESHOLD), 'slower');
  assert.equal(verdictAt(1.02, DEFAULT_THRESHOLD), 'no difference detected');
  assert.equal(verdictAt(1 / 1.021, DEFAULT_THRESHOLD), 'faster');
  assert.equal(verdictAt(0.981, DEFAULT_THRESHOLD), 'no difference detected');
  assert.equal(verdictAt(1.021, 0.05), 'no difference detected');
  assert.equal(verdictAt(1.005, 0), 'slower');
});

test('at least six rounds are needed, and more if several variants share the .05', () => {
  assert.equal(verdictOn({ ...SLOWER, rounds: 6 }, LATENCY), 'slower');
  assert.equal(verdictOn({ ...SLOWER, rounds: 5 }, LATENCY), 'too few rounds');
  assert.equal(verdictOn({ ...SLOWER, rounds: 6 }, { ...LATENCY, comparisons: 2 }), 'too few rounds');
  assert.equal(verdictOn({ ...SLOWER, interval: null }, LATENCY), 'too few rounds');
  assert.deepEqual([1, 2, 3, 4, 6, 7, 20].map(fewestRounds), [6, 7, 7, 8, 8, 9, 10]);
  // 1.6 × 2 × ½⁶ is 5 %, which is not significant.
  assert.deepEqual([1.59, 1.6].map(fewestRounds), [6, 7]);
});

test('the minimum number of rounds is that whose smallest p, times the number of comparisons, is below .05', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (comparisons) => {
      const rounds = fewestRounds(comparisons);
      assert.ok(comparisons * 2 * 0.5 ** rounds < 0.05);
      assert.ok(comparisons * 2 * 0.5 ** (rounds - 1) >= 0.05);
    }),
  );
});

test('without any true effect, 5 % of comparisons find a difference, and fewer with a threshold of 2 %', () => {
  const normal = normalFrom(randomFrom(8));
  const effects = Array.from({ length: 4_000 }, () => {
    const logs = Array.from({ length: 10 }, () => 0.03 * normal());
    return { ...effectOf(logs), adjustedP: signedRankP(logs) };
  });
  const found = (threshold: number) =>
    effects.filter((effect) => verdictOn(effect, { ...LATENCY, threshold }) !== 'no difference detected')
      .length;
  // With 10 rounds the exact level is 50 ÷ 1,024; four standard errors are 55.
  assert.ok(Math.abs(found(0) - 4_000 * (50 / 1_024)) < 55, `${found(0)} of 4,000`);
  assert.ok(found(0.02) < found(0));
});

test('the metric with the lowest weight determines how many rounds all verdicts need', () => {
  const rounds = [roundsForWeights([1], 1), roundsForWeights([1, 1], 1), roundsForWeights([3, 1], 1)];
  assert.deepEqual([...rounds, roundsForWeights([1, 3], 2)], [6, 7, 8, 9]);
});
