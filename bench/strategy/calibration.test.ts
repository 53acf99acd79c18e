import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import type { RunFacts } from '../metrics/metric.ts';
import { calibrationSchema, type Trial } from '../model/calibration.ts';
import { randomFrom } from '../model/random.ts';
import { normalFrom } from '../stats/noise.test.fixture.ts';
import { calibrationOf, compareApart } from './calibration.ts';
import { NOISE, runsOf } from './compared-runs.test.fixture.ts';

const TRIALS: Trial[] = [
  { variant: 'again', change: 'nothing', expected: null },
  { variant: 'placebo', change: 'nothing that counts', expected: null },
  {
    variant: 'dear',
    change: 'a system call more',
    expected: { name: 'cpuPerMessage.proxy', step: 'throughput', verdict: 'higher' },
  },
  {
    variant: 'late',
    change: 'a millisecond more',
    expected: { name: 'response.p50', step: 'latency', verdict: 'slower' },
  },
];
const VARIANTS = TRIALS.map(({ variant }) => variant);
const EFFECTS: Record<string, Record<string, number>> = {
  dear: { 'cpuPerMessage.proxy': 1.15 },
  late: { 'response.p50': 4 },
};

function noisyRuns(rounds: number, effects = EFFECTS, seed = 11): RunFacts[] {
  const normal = normalFrom(randomFrom(seed));
  return runsOf(
    rounds,
    (variant, figure) => Math.exp((NOISE[figure] ?? 0) * normal()) * (effects[variant]?.[figure] ?? 1),
    ['plain', ...VARIANTS],
  );
}

function calibrated(runs: readonly RunFacts[]) {
  const comparison = compareApart(runs, { baseline: 'plain', variants: VARIANTS, asked: 10, seed: 1 });
  const calibration = calibrationOf(runs, comparison, TRIALS);
  v.assert(calibrationSchema, calibration);
  return { comparison, calibration };
}

test('what is known to cost is found, with its size, and what cannot differ is not', () => {
  const { calibration } = calibrated(noisyRuns(10));
  assert.deepEqual(
    calibration.known.map(({ variant, name, step, found }) => [variant, name, step, found]),
    [
      ['dear', 'cpuPerMessage.proxy', 'throughput', true],
      ['late', 'response.p50', 'latency', true],
    ],
  );
  const [dear, late] = calibration.known;
  assert.ok(dear?.effect && Math.abs(dear.effect - 1.15) < 0.04, String(dear?.effect));
  assert.ok(late?.effect && Math.abs(late.effect - 4) < 0.1, String(late?.effect));
  assert.deepEqual(
    { figures: calibration.falsePositives.figures, called: calibration.falsePositives.called },
    { figures: 16, called: 0 },
  );
  const [low, high] = calibration.falsePositives.interval;
  assert.ok(low === 0 && high > 0.1 && high < 0.25);
});

test('a difference where there can be none is counted as one', () => {
  const { calibration } = calibrated(
    noisyRuns(10, { placebo: { 'cpuPerMessage.proxy': 1.2, 'handshake.p50': 3 } }),
  );
  // CPU per message in both steps, and the handshake; capacity of a core is no figure of its own
  assert.equal(calibration.falsePositives.called, 3);
  assert.deepEqual(
    calibration.known.map(({ found }) => found),
    [false, false],
  );
});

test('an effect the wrong way round is not the one that was expected', () => {
  const { calibration } = calibrated(noisyRuns(10, { dear: { 'cpuPerMessage.proxy': 0.8 } }));
  assert.equal(calibration.known[0]?.found, false);
});

test('each variant is judged as if it were alone: what others show changes nothing', () => {
  const apart = calibrated(noisyRuns(10)).comparison;
  const runs = noisyRuns(10).filter(({ variant }) => variant === 'plain' || variant === 'dear');
  const alone = compareApart(runs, { baseline: 'plain', variants: ['dear'], asked: 10, seed: 1 });
  assert.deepEqual(
    apart.comparisons.find(({ variant }) => variant === 'dear'),
    alone.comparisons[0],
  );
});

test('the spread is that of the runs of the baseline, beside what ten rounds of such runs can see', () => {
  const { spread } = calibrated(noisyRuns(10)).calibration;
  assert.equal(spread.length, 8);
  for (const { name, runs, variation, detectable } of spread) {
    assert.equal(runs, 10);
    const true_ = NOISE[name] ?? 0;
    assert.ok(
      variation !== null && variation > 0.4 * true_ && variation < 1.9 * true_,
      `${name} ${variation}`,
    );
    assert.ok(detectable !== null && detectable > 1);
  }
  const lost = noisyRuns(10).map((run) =>
    run.variant === 'plain' && (run.round ?? 0) > 8
      ? { ...run, outcome: { state: 'failed' as const, reason: 'Nginx died.' } }
      : run,
  );
  assert.deepEqual(new Set(calibrated(lost).calibration.spread.map(({ runs }) => runs)), new Set([8]));
});

test('too few rounds are no verdicts, and none at all is no failure', () => {
  const { calibration } = calibrated(noisyRuns(3));
  assert.deepEqual(calibration.falsePositives, { figures: 0, called: 0, interval: [0, 1] });
  assert.ok(calibration.known.every(({ found }) => !found));
  assert.deepEqual(calibrated([]).calibration.spread, []);
});
