import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { falsePositives, wilsonInterval } from './false-positives.ts';
import { contains } from './interval.ts';

test("Newcombe's examples (1998, table I, method 3)", () => {
  for (const [successes, trials, low, high] of [
    [81, 263, '0.2553', '0.3662'],
    [15, 148, '0.0624', '0.1605'],
    [0, 20, '0.0000', '0.1611'],
    [1, 29, '0.0061', '0.1718'],
  ] as const) {
    const interval = wilsonInterval(successes, trials);
    assert.deepEqual([interval.low.toFixed(4), interval.high.toFixed(4)], [low, high]);
  }
});

test('either verdict is a false positive; a comparison with too few rounds does not count', () => {
  const verdicts = [
    ...new Array(17).fill('no difference detected'),
    'faster',
    'slower',
    'slower',
    'too few rounds',
  ] as const;
  assert.deepEqual(falsePositives(verdicts), {
    comparisons: 20,
    positives: 3,
    rate: 0.15,
    interval: wilsonInterval(3, 20),
  });
});

test('without comparisons there is no rate, and the interval is 0 to 1', () => {
  for (const verdicts of [[], ['too few rounds'] as const]) {
    assert.deepEqual(falsePositives(verdicts), {
      comparisons: 0,
      positives: 0,
      rate: null,
      interval: { low: 0, high: 1 },
    });
  }
});

test('the interval contains the rate, lies within 0 to 1, and mirrors that of the complement', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (trials, some) => {
      const successes = Math.min(trials, some);
      const interval = wilsonInterval(successes, trials);
      const complement = wilsonInterval(trials - successes, trials);
      assert.ok(0 <= interval.low && interval.high <= 1 && interval.low < interval.high);
      assert.ok(contains({ low: interval.low - 1e-12, high: interval.high + 1e-12 }, successes / trials));
      assert.ok(Math.abs(interval.low - (1 - complement.high)) < 1e-12);
    }),
  );
});
