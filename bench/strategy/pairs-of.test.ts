import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedMetrics } from '../metrics/compared.ts';
import type { ComparedRun } from './compared-run.ts';
import { runsOf } from './compared-runs.test.fixture.ts';
import { pairsOf, turnRatios, usable } from './pairs.ts';

const CPU =
  comparedMetrics().find(
    ({ metric, step }) => metric.name === 'cpuPerMessage.proxy' && step === 'throughput',
  ) ?? assert.fail();
const NAME = CPU.metric.name;
type Cycle = { number: number; value: number | null; cause?: 'steal' | 'other' | null };

/** The runs of one round. The value of a run is the sum of those of its turns, or as given. */
function round(
  number: number,
  baseline: readonly Cycle[] | null,
  variant: readonly Cycle[] | null,
  values: { plain?: number | null; tuned?: number | null } = {},
): ComparedRun[] {
  return runsOf(1)
    .filter(({ step }) => step === 'throughput')
    .map((run) => {
      const name = run.variant === 'plain' ? 'plain' : 'tuned';
      const cycles = name === 'plain' ? baseline : variant;
      const over = (numbers: readonly number[]) =>
        (cycles ?? [])
          .filter((each) => numbers.includes(each.number))
          .reduce((sum, { value }) => sum + (value ?? 0), 0);
      const all = over((cycles ?? []).map((each) => each.number));
      const value = name in values ? (values[name] ?? null) : all;
      return {
        ...run,
        round: number,
        metrics: { ...run.metrics, [NAME]: value },
        ...(cycles === null
          ? {}
          : {
              turns: {
                cycles: cycles.map(({ number, cause = null }) => ({ number, cause })),
                ofCycle: (at) => ({ [NAME]: cycles.find((each) => each.number === at)?.value ?? null }),
                ofCycles: (numbers) => ({ [NAME]: over(numbers) }),
              },
            }),
      };
    });
}

const cycles = (...values: (number | null)[]): Cycle[] => values.map((value, number) => ({ number, value }));
const disturbed = (all: readonly Cycle[], number: number, cause: 'steal' | 'other') =>
  all.map((each) => (each.number === number ? { ...each, cause } : each));
const pairs = (runs: readonly ComparedRun[], rounds = [1]) => pairsOf(runs, rounds, CPU, 'plain', 'tuned');
const NO_TURNS = { pairs: 0, steal: 0, other: 0 };

test('a round is a pair if both sides have a usable value', () => {
  const none = { all: null, turns: NO_TURNS };
  const value = (plain: number | null, tuned: number | null) => round(1, null, null, { plain, tuned });
  assert.deepEqual(pairs(value(2, 3)), [{ values: { round: 1, baseline: 2, variant: 3 }, ...none }]);
  for (const runs of [value(null, 3), value(2, null), value(0, 3), value(2, -1), value(2, 3).slice(1), []])
    assert.deepEqual(pairs(runs), []);
  const two = [...value(2, 3), ...round(2, null, null, { plain: 4, tuned: 5 })];
  assert.deepEqual(
    pairs(two, [2, 3, 1]).map(({ values }) => values),
    [
      { round: 2, baseline: 4, variant: 5 },
      { round: 1, baseline: 2, variant: 3 },
    ],
  );
  const failed = value(2, 3).map((run) => ({ ...run, outcome: { state: 'failed', reason: '' } as const }));
  assert.deepEqual(pairs(failed), []);
  const otherStep = value(2, 3).map((run) => ({ ...run, step: 'latency' }));
  assert.deepEqual(pairs(otherStep), []);
  assert.equal(usable(undefined, CPU), null);
});

test('turns of a disturbed block are excluded on both sides, whichever side was disturbed', () => {
  const calm = cycles(1, 2, 4, 8, 16);
  const all = { baseline: 31, variant: 62 };
  const own = cycles(2, 4, 8, 16, 32);
  assert.deepEqual(pairs(round(1, disturbed(calm, 1, 'steal'), own)), [
    { values: { round: 1, baseline: 28, variant: 56 }, all, turns: { pairs: 5, steal: 2, other: 0 } },
  ]);
  assert.deepEqual(pairs(round(1, calm, disturbed(own, 2, 'other'))), [
    { values: { round: 1, baseline: 19, variant: 38 }, all, turns: { pairs: 5, steal: 0, other: 2 } },
  ]);
  const [long, longOwn] = [cycles(1, 2, 4, 8, 16, 32, 64), cycles(2, 4, 8, 16, 32, 64, 128)];
  assert.deepEqual(pairs(round(1, disturbed(long, 0, 'steal'), disturbed(longOwn, 6, 'other'))), [
    {
      ...{ values: { round: 1, baseline: 60, variant: 120 }, all: { baseline: 127, variant: 254 } },
      turns: { pairs: 7, steal: 2, other: 1 },
    },
  ]);
  assert.deepEqual(pairs(round(1, calm, own)), [
    { values: { round: 1, ...all }, all: null, turns: { pairs: 5, steal: 0, other: 0 } },
  ]);
});

test('half of the turns is enough; with fewer, all count', () => {
  const [base, own] = [cycles(1, 2, 4, 8), cycles(2, 4, 8, 16)];
  assert.deepEqual(pairs(round(1, disturbed(base, 0, 'steal'), own)), [
    {
      ...{ values: { round: 1, baseline: 12, variant: 24 }, all: { baseline: 15, variant: 30 } },
      turns: { pairs: 4, steal: 2, other: 0 },
    },
  ]);
  const most = disturbed(disturbed(base, 0, 'steal'), 3, 'other');
  assert.deepEqual(pairs(round(1, most, own)), [
    { values: { round: 1, baseline: 15, variant: 30 }, all: null, turns: { pairs: 4, steal: 0, other: 0 } },
  ]);
});

test('only turns that both sides measured are counted; without a value of the others, all count', () => {
  const base = disturbed(cycles(1, 2, null, 8), 0, 'steal');
  const own = cycles(2, 4, 8, null);
  assert.deepEqual(
    pairs(round(1, base, own)).map(({ turns }) => turns),
    [{ pairs: 2, steal: 2, other: 0 }],
  );
  const gone = disturbed(cycles(1, 2, 0, 0), 0, 'steal');
  assert.deepEqual(pairs(round(1, gone, cycles(2, 4, 8, 16))), [
    { values: { round: 1, baseline: 3, variant: 30 }, all: null, turns: { pairs: 2, steal: 0, other: 0 } },
  ]);
  const apart = pairs(round(1, cycles(1, 2), null, { plain: 3, tuned: 4 }));
  assert.deepEqual(
    apart.map(({ turns }) => turns),
    [NO_TURNS],
  );
});

test('the ratios of turns come in whole blocks of an even pair and the next', () => {
  const ratios = (base: Cycle[] | null, own: Cycle[] | null, values = {}) =>
    turnRatios(round(1, base, own, values), [1], CPU, 'plain', 'tuned').map((blocks) =>
      blocks.map((block) => block.map((each) => Math.round(Math.exp(each) * 100) / 100)),
    );
  assert.deepEqual(ratios(cycles(1, 2, 4, 8, 5), cycles(2, 6, 16, 40, 5)), [
    [
      [2, 3],
      [4, 5],
    ],
  ]);
  assert.deepEqual(ratios(disturbed(cycles(1, 1, 1, 1), 1, 'other'), cycles(2, 3, 4, 5)), [[[4, 5]]]);
  assert.deepEqual(ratios(cycles(1, null, 1, 1), cycles(2, 3, 4, 5)), [[[4, 5]]]);
  assert.deepEqual(ratios(cycles(1, 1, 1, 1), cycles(null, 3, 4, 5)), [[[4, 5]]]);
  assert.deepEqual(ratios(cycles(1), cycles(2)), []);
  assert.deepEqual(ratios(null, null, { plain: 1, tuned: 2 }), []);
  assert.deepEqual(ratios(cycles(1, 1), cycles(2, 2), { plain: null }), []);
  assert.deepEqual(ratios(cycles(1, 1), cycles(2, 2), { tuned: null }), []);
});
