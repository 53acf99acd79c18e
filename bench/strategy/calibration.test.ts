import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { calibrationSchema, type Trial } from '../model/calibration.ts';
import { conclusionSchema } from '../model/conclusion.ts';
import { normalFrom, randomFrom } from '../model/random.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import { calibrationOf, compareApart, makeCalibration } from './calibration.ts';
import type { ComparedRun } from './compared-run.ts';
import { NOISE, runsOf } from './compared-runs.test.fixture.ts';
import type { RoundsOptions } from './rounds.ts';
import { turnedRuns } from './turned-runs.test.fixture.ts';

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

function noisyRuns(rounds: number, effects = EFFECTS, seed = 11): ComparedRun[] {
  const normal = normalFrom(randomFrom(seed));
  return runsOf(
    rounds,
    (variant, figure) => Math.exp((NOISE[figure] ?? 0) * normal()) * (effects[variant]?.[figure] ?? 1),
    ['plain', ...VARIANTS],
  );
}

function calibrated(runs: readonly ComparedRun[]) {
  const comparison = compareApart(runs, { baseline: 'plain', variants: VARIANTS, asked: 10, seed: 1 });
  const calibration = calibrationOf(runs, comparison, TRIALS);
  v.assert(calibrationSchema, calibration);
  return { comparison, calibration };
}

test('variants of known cost are detected with their effect size, and identical ones are not', () => {
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

test('a difference between identical variants counts as a false positive', () => {
  const { calibration } = calibrated(
    noisyRuns(10, { placebo: { 'cpuPerMessage.proxy': 1.2, 'handshake.p50': 3 } }),
  );
  // CPU per message in both steps, and per handshake. Per-core capacity is not counted separately.
  assert.equal(calibration.falsePositives.called, 3);
  assert.deepEqual(
    calibration.known.map(({ found }) => found),
    [false, false],
  );
});

test('an effect in the wrong direction is not the expected one', () => {
  const { calibration } = calibrated(noisyRuns(10, { dear: { 'cpuPerMessage.proxy': 0.8 } }));
  assert.equal(calibration.known[0]?.found, false);
});

test('each variant is judged separately, regardless of the others', () => {
  const apart = calibrated(noisyRuns(10)).comparison;
  const runs = noisyRuns(10).filter(({ variant }) => variant === 'plain' || variant === 'dear');
  const alone = compareApart(runs, { baseline: 'plain', variants: ['dear'], asked: 10, seed: 1 });
  assert.deepEqual(
    apart.comparisons.find(({ variant }) => variant === 'dear'),
    alone.comparisons[0],
  );
});

test('the spread is that of the baseline runs, together with the effect that ten such rounds can detect', () => {
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

const BASE = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
const ROUNDS: RoundsOptions = {
  variants: ['plain', ...VARIANTS],
  steps: ['throughput', 'latency'],
  load: { inFlight: 1, ratePerSecond: 5000, arrivals: 'uniform' },
  planOf: ({ variant, step }) => ({ ...BASE.plan, variant, step }),
  rounds: 2,
  budgetMs: null,
  seed: 7,
  together: true,
  pilotSteps: ['throughput', 'latency'],
};

/** Simulates a whole calibration. Each group of interleaved runs takes 20 s. */
function play(options: RoundsOptions): { strategy: Strategy; done: Run[]; groups: string[] } {
  const strategy = makeCalibration(options, TRIALS);
  const done: Run[] = [];
  const groups: string[] = [];
  for (let specs = strategy.next(done); specs.length > 0; specs = strategy.next(done)) {
    const startedAt = new Date(Date.UTC(2025, 0, 2) + groups.length * 20_000).toISOString();
    const names = specs.map(({ variant }) => variant).sort();
    groups.push(`${specs[0]?.round} ${specs[0]?.step} ${names.join(' ')}`);
    for (const { variant, step, round, load, turns } of specs) {
      const workload = { ...BASE.plan.workload, load };
      done.push({
        ...BASE,
        startedAt,
        plan: { ...BASE.plan, variant, step, round, workload, turns: turns ?? null },
      });
    }
    assert.ok(done.length < 500, 'it does not end');
  }
  return { strategy, done, groups };
}

test('each trial compares two sides; the trials alternate, one round each', () => {
  const { strategy, done, groups } = play(ROUNDS);
  const expected = [1, 2].flatMap((pass) =>
    VARIANTS.flatMap((variant, trial) =>
      ['throughput', 'latency'].map(
        (step) =>
          `${(pass - 1) * VARIANTS.length + trial + 1} ${step} ${['plain', variant].sort().join(' ')}`,
      ),
    ),
  );
  assert.deepEqual(groups, expected);
  assert.equal(done.length, expected.length * 2);
  const conclusions = strategy.conclude(done);
  for (const each of conclusions) v.assert(conclusionSchema, each);
  assert.deepEqual(
    conclusions.map(({ kind }) => kind),
    ['comparison', 'calibration'],
  );
  const [comparison, calibration] = conclusions;
  assert.ok(comparison?.kind === 'comparison' && calibration?.kind === 'calibration');
  assert.deepEqual(comparison.rounds, { asked: 2, used: 2 });
  for (const { figures } of comparison.comparisons)
    for (const { rounds } of figures) assert.ok(rounds.length <= 2);
  // 20 s per group, minus the turns of its measured phase.
  assert.deepEqual(
    calibration.costs.map(({ step, turnMs }) => [step, turnMs]),
    [
      ['throughput', 250],
      ['latency', 250],
    ],
  );
  for (const { fixedMs } of calibration.costs) assert.ok(fixedMs > 0 && fixedMs < 20_000);
});

test('a budget ends it before a round of all trials that would exceed the budget', () => {
  const pass = VARIANTS.length * 2 * 20_000;
  const runsIn = (budgetMs: number) =>
    play({ ...ROUNDS, rounds: null, budgetMs }).done.length / (4 * VARIANTS.length);
  assert.deepEqual([runsIn(1000), runsIn(2 * pass), runsIn(3.2 * pass)], [1, 2, 3]);
});

test('if runs are interleaved, the variation is split by origin', () => {
  const turned = turnedRuns(
    [0, 1, 2].map((round) => ({
      throughput: { baseline: [20, 20, 20, 20], variant: [20, 21, 19 + round, 20] },
      latency: { baseline: [300, 300, 300, 300], variant: [300, 300, 300, 300] },
    })),
  ).map((run) => (run.variant === 'tuned' ? { ...run, variant: 'again' } : run));
  const { spread } = calibrated(turned).calibration;
  const of = (name: string) => spread.find((each) => each.name === name)?.components;
  const cpu = of('cpuPerMessage.proxy');
  assert.ok(cpu && cpu.turn > 0.01 && cpu.turn < 0.1);
  assert.deepEqual(of('response.p50'), { turn: 0, block: 0, round: 0 });
  assert.equal(of('handshake.p50'), null);
});

test('too few rounds give no verdicts, and no rounds cause no failure', () => {
  const { calibration } = calibrated(noisyRuns(3));
  assert.deepEqual(calibration.falsePositives, { figures: 0, called: 0, interval: [0, 1] });
  assert.ok(calibration.known.every(({ found }) => !found));
  assert.deepEqual(calibrated([]).calibration.spread, []);
});
