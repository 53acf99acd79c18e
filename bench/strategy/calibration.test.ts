import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { calibrationSchema, type Trial } from '../model/calibration.ts';
import { conclusionSchema } from '../model/conclusion.ts';
import { normalFrom, randomFrom } from '../model/random.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import { wallMs } from '../model/turns.ts';
import { assertClose } from '../stats/assert.test.fixture.ts';
import { type Block, componentsOf } from '../stats/components.ts';
import { median } from '../stats/median.ts';
import { variation } from '../stats/variation.ts';
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

test('an effect in the wrong direction, or too small to be detected, is not the expected one', () => {
  const { comparison, calibration } = calibrated(noisyRuns(10, { dear: { 'cpuPerMessage.proxy': 0.8 } }));
  const effectOn = (variant: string, name: string, step: string) =>
    comparison.comparisons
      .find((each) => each.variant === variant)
      ?.figures.find((figure) => figure.name === name && figure.step === step)?.effect;
  const none = { found: false, verdict: 'no difference detected' };
  const [cpu, p50] = [
    { variant: 'dear', name: 'cpuPerMessage.proxy', step: 'throughput' },
    { variant: 'late', name: 'response.p50', step: 'latency' },
  ];
  assert.deepEqual(calibration.known, [
    { ...cpu, found: false, verdict: 'lower', effect: effectOn('dear', cpu.name, cpu.step) },
    { ...p50, ...none, effect: effectOn('late', p50.name, p50.step) },
  ]);
  const unknown = { found: false, verdict: 'too few rounds', effect: null };
  assert.deepEqual(calibrated([]).calibration.known, [
    { ...cpu, ...unknown },
    { ...p50, ...unknown },
  ]);
});

test('the rounds used are the fewest of any trial, and a run of the baseline is excluded from each', () => {
  const runs = noisyRuns(9).flatMap((run) => {
    if (run.variant === 'late' && (run.round ?? 0) > 7) return [];
    const isLost = run.variant === 'plain' && run.round === 2 && run.step === 'latency';
    return [{ ...run, metrics: { ...run.metrics, ...(isLost ? { 'messages.lost': 1 } : {}) } }];
  });
  const { rounds, excluded } = calibrated(runs).comparison;
  assert.deepEqual(rounds, { asked: 10, used: 6 });
  assert.deepEqual(
    excluded.map(({ variant, step, round }) => [variant, step, round]),
    TRIALS.map(() => ['plain', 'latency', 2]),
  );
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
  for (const { name, variation: found, detectable } of spread) {
    const true_ = NOISE[name] ?? 0;
    assert.ok(found !== null && found > 0.4 * true_ && found < 1.9 * true_, `${name} ${found}`);
    assert.ok(detectable !== null && detectable > 1);
  }
  const all = noisyRuns(10);
  const { comparison, calibration } = calibrated(all);
  for (const { name, step, ...found } of calibration.spread) {
    const own = all.filter((run) => run.variant === 'plain' && run.step === step);
    const beside = comparison.comparisons
      .filter(({ variant }) => ['again', 'placebo'].includes(variant))
      .flatMap(({ figures }) => figures.filter((figure) => figure.name === name && figure.step === step));
    assert.deepEqual(found, {
      runs: 10,
      variation: variation(own.map(({ metrics }) => metrics[name] ?? 0)),
      detectable: median(beside.map(({ detectable }) => detectable ?? 0)),
      components: null,
    });
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
        validity: { ...BASE.validity, limit: { ...BASE.validity.limit, component: 'schedule' } },
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
  const turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true };
  const fixedMs = Math.round(20_000 - wallMs(turns, BASE.plan.durationMs));
  assert.ok(fixedMs > 10_000 && fixedMs < 20_000);
  assert.deepEqual(calibration.costs, [
    { step: 'throughput', turnMs: 250, fixedMs },
    { step: 'latency', turnMs: 250, fixedMs },
  ]);
  assert.deepEqual(calibration.trials, TRIALS);
});

test('the cost of a round is the median over its steps, at least 0, and unknown without interleaved runs', () => {
  const strategy = makeCalibration(ROUNDS, TRIALS);
  const turns = { index: 0, of: 2, lengthMs: 300, pauseMs: 5, mirrored: true };
  const at = (second: number, step: string, changes: Partial<Run['plan']> = {}): Run => ({
    ...BASE,
    startedAt: new Date(Date.UTC(2025, 0, 2) + second * 1000).toISOString(),
    plan: { ...BASE.plan, variant: 'plain', step, round: 1, turns, ...changes },
  });
  const costs = (...done: Run[]) => {
    const found = strategy.conclude(done).find(({ kind }) => kind === 'calibration');
    return found?.kind === 'calibration' ? found.costs : assert.fail();
  };
  const wall = wallMs(turns, BASE.plan.durationMs);
  const cost = (step: string, fixedMs: number) => ({ step, turnMs: 300, fixedMs: Math.round(fixedMs) });
  assert.deepEqual(costs(at(0, 'throughput'), at(9, 'latency'), at(12, 'throughput')), [
    cost('throughput', 9000 - wall),
    cost('latency', 3000 - wall),
  ]);
  assert.deepEqual(
    costs(at(0, 'throughput'), at(5, 'throughput'), at(15, 'throughput'), at(22, 'throughput')),
    [cost('throughput', 7000 - wall)],
  );
  assert.deepEqual(costs(at(0, 'latency'), at(1, 'latency')), [cost('latency', 0)]);
  // The pilot, the second side of a group and runs without turns do not count; nor does the last group.
  assert.deepEqual(
    costs(
      at(0, 'latency', { round: null }),
      at(5, 'throughput'),
      at(6, 'throughput', { turns: { ...turns, index: 1 } }),
      at(7, 'throughput', { turns: null }),
      at(14, 'latency'),
    ),
    [cost('throughput', 9000 - wall)],
  );
  assert.deepEqual(costs(at(0, 'throughput', { turns: null })), []);
});

test('the rates of the trials are listed once, and the pilot of the baseline is shared', () => {
  const options = { ...ROUNDS, load: { ...ROUNDS.load, ratePerSecond: null } };
  const { strategy, done, groups } = play(options);
  const pilots = groups.filter((group) => group.startsWith('null'));
  assert.deepEqual(
    pilots.map((group) => group.split(' ').slice(1).join(' ')).sort(),
    ['latency', 'throughput']
      .flatMap((step) => ['plain', ...VARIANTS].map((name) => `${step} ${name}`))
      .sort(),
  );
  const conclusions = strategy.conclude(done);
  assert.deepEqual(
    conclusions.map(({ kind }) => kind),
    ['rate', 'comparison', 'calibration'],
  );
  assert.equal(strategy.expectedRuns([]), 2 * 5 + 2 * 4 * 2 * 2);
  assert.equal(done.length, strategy.expectedRuns(done));
});

test('how many runs to expect depends on the budget, but includes a round of each trial', () => {
  const expected = (budgetMs: number | null, rounds: number | null, done: Run[] = []) =>
    makeCalibration({ ...ROUNDS, budgetMs, rounds, pilotSteps: [] }, TRIALS).expectedRuns(done);
  const perRound = 4 * 2 * 2;
  assert.deepEqual([expected(null, null), expected(null, 3)], [perRound, 3 * perRound]);
  const runMs = BASE.plan.warmupMs + BASE.plan.durationMs;
  assert.deepEqual(
    [1, 2 * perRound * runMs - 1, 2 * perRound * runMs, 9 * perRound * runMs].map((ms) => expected(ms, null)),
    [perRound, perRound, 2 * perRound, 9 * perRound],
  );
  assert.equal(expected(9 * perRound * runMs, 2), 2 * perRound);
  const { done } = play(ROUNDS);
  // Runs start every 10 s on average.
  const mean =
    (Date.parse(done.at(-2)?.startedAt ?? '') - Date.parse(done[0]?.startedAt ?? '')) / (done.length - 2);
  assert.equal(expected(2 * perRound * mean, null, done), 2 * perRound);
});

test('a budget ends it before a round of all trials that would exceed the budget', () => {
  const pass = VARIANTS.length * 2 * 20_000;
  const runsIn = (budgetMs: number) =>
    play({ ...ROUNDS, rounds: null, budgetMs }).done.length / (4 * VARIANTS.length);
  assert.deepEqual(
    [1000 / pass, 2, 2.5, 2.99, 3, 3.2].map((passes) => runsIn(passes * pass)),
    [1, 2, 2, 2, 3, 3],
  );
  // A budget that is used up by the pilot leaves no time for a round.
  const piloted = play({
    ...ROUNDS,
    load: { ...ROUNDS.load, ratePerSecond: null },
    rounds: null,
    budgetMs: 1,
  });
  assert.deepEqual(new Set(piloted.done.map(({ plan }) => plan.round)), new Set([null]));
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
  const blocks = [0.95, 1, 1.05].map((last): Block[] => [
    [0, Math.log(1.05)],
    [Math.log(last), 0],
  ]);
  const expected = componentsOf([blocks]) ?? assert.fail();
  for (const name of ['turn', 'block', 'round'] as const)
    assertClose((cpu?.[name] ?? Number.NaN) ** 2, expected[name], 1e-9);
  assert.ok(expected.turn > 0 && expected.block > 0);
  assert.deepEqual(of('response.p50'), { turn: 0, block: 0, round: 0 });
  assert.equal(of('handshake.p50'), null);
});

test('too few rounds give no verdicts, and no rounds cause no failure', () => {
  const { calibration } = calibrated(noisyRuns(3));
  assert.deepEqual(calibration.falsePositives, { figures: 0, called: 0, interval: [0, 1] });
  assert.ok(calibration.known.every(({ found }) => !found));
  assert.deepEqual(
    calibration.spread.map(({ runs, detectable }) => [runs, detectable]),
    new Array(8).fill([3, null]),
  );
  assert.deepEqual(calibrated([]).calibration.spread, []);
});
