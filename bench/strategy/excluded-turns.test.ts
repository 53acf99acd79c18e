import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectOf, logRatios } from '../stats/effect.ts';
import { type ComparisonOptions, compareRuns } from './comparison.ts';
import { type TurnedRound, turnedRuns } from './turned-runs.test.fixture.ts';

const OPTIONS: ComparisonOptions = { baseline: 'plain', variants: ['tuned'], asked: 2, seed: 1 };
const QUIET: TurnedRound = { baseline: [2, 2, 2, 2, 2, 2], variant: [3, 3, 3, 3, 3, 3] };

function figureOf(rounds: readonly TurnedRound[]) {
  const runs = turnedRuns(rounds.map((throughput) => ({ throughput, latency: QUIET })));
  const [comparison] = compareRuns(runs, OPTIONS).comparisons;
  return (
    comparison?.figures.find(({ name, step }) => name === 'cpuPerMessage.proxy' && step === 'throughput') ??
    assert.fail()
  );
}

/** One turn of the variant has 32 times its value, because of the cause; a round has six pairs of turns. */
const STEAL: TurnedRound = { ...QUIET, variant: [3, 3, 96, 3, 3, 3], causes: [null, null, 'steal'] };
const OTHER: TurnedRound = {
  ...QUIET,
  variant: [3, 3, 3, 3, 96, 3],
  causes: [null, null, null, null, 'other'],
};
const ALL_TURNS = 1.5 * 32 ** (1 / 6);

const rounded = (value: number | null | undefined) => Number((value ?? Number.NaN).toPrecision(9));

test('a figure has the number of excluded pairs of turns, and the effect with all pairs', () => {
  for (const [rounds, counts, withAll] of [
    [[QUIET, QUIET], { pairs: 12, steal: 0, other: 0 }, null],
    [[STEAL], { pairs: 6, steal: 2, other: 0 }, ALL_TURNS],
    [[STEAL, QUIET], { pairs: 12, steal: 2, other: 0 }, Math.sqrt(1.5 * ALL_TURNS)],
    [[QUIET, OTHER], { pairs: 12, steal: 0, other: 2 }, Math.sqrt(1.5 * ALL_TURNS)],
    [[STEAL, OTHER, QUIET], { pairs: 18, steal: 2, other: 2 }, ALL_TURNS],
  ] as const) {
    const { turns, effect, verdict, needed } = figureOf(rounds);
    const { withAll: found, ...counted } = turns ?? assert.fail();
    assert.deepEqual(
      [counted, found && { ...found, effect: rounded(found.effect) }, rounded(effect), verdict, needed],
      [counts, withAll && { effect: rounded(withAll), interval: null }, 1.5, 'too few rounds', 7],
    );
  }
});

test('with enough rounds, the effect with all pairs has an interval, and no more rounds are needed', () => {
  const rounds = Array.from({ length: 8 }, (_, index) => (index < 4 ? STEAL : QUIET));
  const { turns, needed, verdict } = figureOf(rounds);
  const all = rounds.map((round) => (round === STEAL ? ALL_TURNS : 1.5));
  const { ratio, interval } = effectOf(
    logRatios(
      all.map(() => 1),
      all,
    ),
  );
  assert.ok(interval !== null && turns?.withAll);
  assert.deepEqual(
    [turns.withAll.effect, ...(turns.withAll.interval ?? [])].map(rounded),
    [ratio, interval.low, interval.high].map(rounded),
  );
  assert.deepEqual([turns.pairs, turns.steal, turns.other, needed, verdict], [48, 8, 0, undefined, 'higher']);
});

test('a figure of runs without turns says nothing about them', () => {
  const runs = turnedRuns([{ throughput: QUIET, latency: QUIET }]).map(({ turns: _, ...run }) => run);
  const figures = compareRuns(runs, OPTIONS).comparisons[0]?.figures ?? [];
  assert.ok(figures.length > 0);
  assert.ok(figures.every((figure) => !('turns' in figure)));
});
