import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LadderPoint } from '../model/ladder.ts';
import { normalFrom, randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { type Block, type Components, componentsOf, roundVariance } from './components.ts';
import { mediansByLevel } from './levels.ts';
import { nestedRatios } from './nested.test.fixture.ts';

test('a balanced example by hand', () => {
  // Differences −2, −6 and 2, 2: (2² + 2²) ÷ 2 = 4, 2 degrees of freedom. Block means 1, 7 and 3, 11:
  // 18 + 32 = 50, 2 degrees. Round means 4, 7: 2 × (1.5² + 1.5²) = 9, 1 degree.
  const rounds: Block[][] = [
    [
      [0, 2],
      [4, 10],
    ],
    [
      [4, 2],
      [12, 10],
    ],
  ];
  // turn 4 ÷ 2 = 2; block 25 − 2 ÷ 2 = 24; round (9 − 25) ÷ 2 < 0
  assert.deepEqual(componentsOf([rounds]), { turn: 2, block: 24, round: 0 });
  const shifted = (rounds[1] ?? []).map(([a, b]): Block => [a + 21, b + 21]);
  // Round means 4, 28: 2 × (12² + 12²) = 576; (576 − 25) ÷ 2
  assertClose(componentsOf([[rounds[0] ?? [], shifted]])?.round as number, 275.5);
});

test('neither the means of comparisons nor a constant effect of the order count as variance', () => {
  const simulated = (order: number) =>
    nestedRatios({ turn: 1, block: 1, round: 1 }, 5, 4, normalFrom(randomFrom(3)), order);
  const one = simulated(0);
  const shifted = one.map((round) => round.map(([a, b]): Block => [a + 100, b + 100]));
  const alone = componentsOf([one]);
  for (const other of [componentsOf([one, shifted]), componentsOf([simulated(50)])])
    for (const name of ['turn', 'block', 'round'] as const)
      assertClose(other?.[name] as number, alone?.[name] as number, 1e-9);
});

test('the components of simulated turns are recovered on average, even if blocks are missing', () => {
  for (const truth of [
    { turn: 4, block: 0.5, round: 0.5 },
    { turn: 1, block: 0.5, round: 1 },
    { turn: 1, block: 2, round: 1 },
  ]) {
    const random = randomFrom(11);
    const normal = normalFrom(random);
    const sums: Components = { turn: 0, block: 0, round: 0 };
    const times = 100;
    for (let time = 0; time < times; time++) {
      const comparisons = Array.from({ length: 4 }, () =>
        nestedRatios(truth, 10, 6, normal, 3).map((round) => round.filter(() => random() > 0.1)),
      );
      const found = componentsOf(comparisons) as Components;
      for (const name of ['turn', 'block', 'round'] as const) sums[name] += found[name] / times;
    }
    for (const name of ['turn', 'block', 'round'] as const) {
      const tolerance = 0.15 * Math.max(truth[name], truth.turn / 4);
      assert.ok(Math.abs(sums[name] - truth[name]) < tolerance, `${name} ${sums[name]} of ${truth[name]}`);
    }
  }
});

test('there is no result if the data cannot separate the components', () => {
  assert.equal(componentsOf([]), null);
  assert.equal(componentsOf([[[], []]]), null);
  assert.equal(componentsOf([[[[1, 2]], [[3, 4]]]]), null);
  assert.equal(
    componentsOf([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]),
    null,
  );
});

test('an unbalanced example by hand; empty rounds and comparisons do not count', () => {
  const one: Block[][] = [
    [
      [0, 2],
      [4, 10],
      [1, 3],
    ],
    [],
    [[20, 30]],
  ];
  // Differences −2, −6, −2: mean −10/3, squares 32/3, halved 16/3, 2 degrees of freedom: 8/3.
  // Block means 1, 7, 2: mean 10/3, squares 62/3, 2 degrees: 31/3. Round means 10/3 and 25, all 35/4.
  const between = 3 * (10 / 3 - 35 / 4) ** 2 + (25 - 35 / 4) ** 2;
  const perRound = 4 - (9 + 1) / 4;
  for (const comparisons of [[one], [one, []], [[[], []], one]]) {
    const found = componentsOf(comparisons) as Components;
    assertClose(found.turn, 8 / 3);
    assertClose(found.block, 31 / 3 - 4 / 3);
    assertClose(found.round, (between - 31 / 3) / perRound);
  }
  // A second comparison is pooled, with its own mean.
  const both = componentsOf([one, one]) as Components;
  assertClose(both.turn, 8 / 3);
  assertClose(both.round, (between - 31 / 3) / perRound);
});

test('the variance of a round’s mean shrinks with its blocks and pairs', () => {
  assert.equal(roundVariance({ turn: 12, block: 6, round: 1 }, 3, 6), 1 + 2 + 2);
});

test('levels have the median of the runs that count, in ascending order', () => {
  const point = (level: number, value: number | null, unfit: string[] = []): LadderPoint => ({
    ...{ level, round: 1, figures: { a: value }, excluded: null, unfit },
  });
  assert.deepEqual(
    mediansByLevel(
      [point(10, 5), point(2, 1), point(10, 7), point(2, 9, ['a']), point(3, null), point(4, 1, ['a'])],
      'a',
    ),
    [
      { level: 2, value: 1 },
      { level: 10, value: 6 },
    ],
  );
});
