import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { comparedMetrics } from '../metrics/compared.ts';
import { type ComparedFigure, comparisonSchema } from '../model/comparison.ts';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from '../stats/assert.test.fixture.ts';
import { compareRuns } from './comparison.ts';
import { turnRatios } from './pairs.ts';
import { drifting, type TurnedRound, turnedRuns } from './turned-runs.test.fixture.ts';

/** Turns of real comparisons of `plain` with itself on two CPUs: CPU per message and p50, in µs. */
const RECORDED: Record<'throughput' | 'latency', Required<TurnedRound>[]> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/recorded-turns.json', import.meta.url), 'utf8'),
);

const OPTIONS = { baseline: 'plain', variants: ['tuned'], asked: 10, seed: null };
const CPU = comparedMetrics().find(({ headline, step }) => headline && step === 'throughput');

function figuresOf(runs: ReturnType<typeof turnedRuns>): ComparedFigure[] {
  const comparison = compareRuns(runs, OPTIONS);
  v.assert(comparisonSchema, comparison);
  return comparison.comparisons[0]?.figures ?? [];
}

function cpuOf(runs: ReturnType<typeof turnedRuns>): ComparedFigure {
  const figure = figuresOf(runs).find(
    ({ name, step }) => name === 'cpuPerMessage.proxy' && step === 'throughput',
  );
  assert.ok(figure);
  return figure;
}

const QUIET: TurnedRound = { baseline: [300, 300, 300, 300], variant: [300, 300, 300, 300] };

/** Ten rounds with the same turns of the throughput step. */
function tenRounds(throughput: TurnedRound) {
  return turnedRuns(Array.from({ length: 10 }, () => ({ throughput, latency: QUIET })));
}

describe('pairs of turns', () => {
  test('in a disturbed block are excluded on both sides and counted by cause, and the effect with them is kept', () => {
    const cpu = cpuOf(
      tenRounds({
        baseline: [20, 20, 20, 20, 20, 20, 20, 20],
        variant: [20, 40, 20, 20, 20, 20, 80, 20],
        causes: [null, 'steal', null, null, null, null, 'other', null],
      }),
    );
    assert.equal(cpu.effect, 1);
    assert.deepEqual(
      cpu.rounds.map(({ baseline, variant }) => [baseline, variant].map(Math.round)),
      new Array(10).fill([20, 20]),
    );
    const { withAll, ...counts } = cpu.turns ?? {};
    assert.deepEqual(counts, { pairs: 80, steal: 20, other: 20 });
    assertClose(withAll?.effect as number, 8 ** (1 / 8));
  });

  test('all count if more than half of a round is disturbed', () => {
    const cpu = cpuOf(
      tenRounds({
        baseline: [20, 20, 20, 20],
        variant: [30, 30, 30, 20],
        causes: ['other', 'other', 'other', null],
      }),
    );
    assert.deepEqual(cpu.turns, { pairs: 40, steal: 0, other: 0, withAll: null });
    assertClose(cpu.effect as number, 1.5 ** 0.75);
  });

  test('are all included without a disturbance; metrics that are not measured in turns have no pairs', () => {
    const figures = figuresOf(tenRounds({ baseline: [20, 21], variant: [20, 21] }));
    const turns = Object.fromEntries(figures.map(({ name, step, turns }) => [`${name} ${step}`, turns]));
    assert.deepEqual(turns['cpuPerMessage.proxy throughput'], {
      pairs: 20,
      steal: 0,
      other: 0,
      withAll: null,
    });
    assert.equal(turns['handshake.p50 throughput'], undefined);
  });

  test('also determine the effect on per-core capacity', () => {
    const figures = figuresOf(
      tenRounds({
        baseline: [20, 20, 20, 20],
        variant: [20, 40, 20, 20],
        causes: [null, 'steal', null, null],
      }),
    );
    const capacity = figures.find(({ name }) => name === 'perCoreCapacity');
    assertClose(capacity?.turns?.withAll?.effect as number, 0.5 ** (1 / 4));
  });

  test('form blocks of two consecutive pairs, without those that are excluded or incomplete', () => {
    assert.ok(CPU);
    const runs = turnedRuns([
      {
        throughput: {
          baseline: [1, 1, 1, 1, 1],
          variant: [1, Math.E, 1, Math.E, 1],
          causes: [null, null, 'steal', null, null],
        },
        latency: QUIET,
      },
    ]);
    const ratios = turnRatios(runs, [1, 2], CPU, 'plain', 'tuned');
    assert.deepEqual(ratios, [[[0, 1]]]);
  });
});

/** Three standard deviations of a share of 5 % over this many comparisons. */
const SLACK = (comparisons: number) => 3 * Math.sqrt((0.05 * 0.95) / comparisons);

/** Returns the share of comparisons that find a difference in any metric. */
function foundIn(comparisons: number, draw: () => ReturnType<typeof turnedRuns>): number {
  let found = 0;
  for (let i = 0; i < comparisons; i++) {
    const figures = figuresOf(draw());
    if (figures.some(({ verdict }) => verdict !== 'no difference detected')) found++;
  }
  return found / comparisons;
}

describe('1,000 comparisons of a variant with itself find a difference in no more than 5 %', () => {
  test('with the variance components measured on a shared machine, drift, and disturbed turns', () => {
    const random = randomFrom(20_250_102);
    const normal = normalFrom(random);
    /** Mirrored turns (A B B A) on a machine whose speed is a random walk, with noise from turns and processes. */
    const roundOf = (turn: number, walk: number, processes: number, level: number): TurnedRound => {
      const cycles = 12;
      const drift = drifting(normal, 2 * cycles, walk);
      const own = [processes * normal(), processes * normal()];
      const causes = Array.from({ length: cycles }, () => (random() < 0.05 ? ('steal' as const) : null));
      const value = (side: 0 | 1, cycle: number) => {
        const slot = 2 * cycle + (cycle % 2 === 0 ? side : 1 - side);
        const disturbed = causes[cycle] === null ? 0 : 0.2 * random();
        return level * Math.exp((own[side] ?? 0) + (drift[slot] ?? 0) + turn * normal() + disturbed);
      };
      const all = Array.from({ length: cycles }, (_, cycle) => cycle);
      return {
        baseline: all.map((cycle) => value(0, cycle)),
        variant: all.map((cycle) => value(1, cycle)),
        causes,
      };
    };
    const found = foundIn(1000, () =>
      turnedRuns(
        Array.from({ length: 10 }, () => ({
          throughput: roundOf(0.04, 0.02, 0.02, 20),
          latency: roundOf(0.03, 0.01, 0.015, 300),
        })),
      ),
    );
    assert.ok(found <= 0.05 + SLACK(1000), String(found));
    // A rate of 0 would mean that no difference can ever be found.
    assert.ok(found > 0.005, String(found));
  });

  test('drawn from recorded turns', () => {
    const random = randomFrom(20_250_103);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    /** Draws consecutive blocks of turns from a recorded round, with the sides swapped at random. */
    const roundOf = (recorded: readonly Required<TurnedRound>[]): TurnedRound => {
      const { baseline, variant, causes } = pick(recorded);
      const [one, other] = random() < 0.5 ? [baseline, variant] : [variant, baseline];
      const blocks = Math.ceil(baseline.length / 2);
      const drawn = Array.from({ length: blocks }, () => 2 * Math.floor(random() * blocks)).flatMap((first) =>
        [first, first + 1].filter((cycle) => cycle < baseline.length),
      );
      const of = <T>(values: readonly T[]) => drawn.map((cycle) => values[cycle] as T);
      return { baseline: of(one), variant: of(other), causes: of(causes) };
    };
    const found = foundIn(1000, () =>
      turnedRuns(
        Array.from({ length: 10 }, () => ({
          throughput: roundOf(RECORDED.throughput),
          latency: roundOf(RECORDED.latency),
        })),
      ),
    );
    assert.ok(found <= 0.05 + SLACK(1000), String(found));
  });
});
