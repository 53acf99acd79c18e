/**
 * Components of the variance of a comparison's log-ratio. `turn` is the variance between consecutive pairs of
 * turns, `block` the additional variance between blocks of turns within a round (a drift that the pairs do
 * not cancel), and `round` the additional variance between rounds, each of which has fresh processes.
 */
export interface Components {
  turn: number;
  block: number;
  round: number;
}

/** Log-ratios of two consecutive pairs of turns in opposite orders (A B, B A). */
export type Block = readonly [number, number];

/** Log-ratios of one comparison: its rounds, and their blocks. */
export type NestedRatios = readonly (readonly Block[])[];

/**
 * Decomposes the variance of log-ratios. Rounds, blocks and pairs of turns form a nested design; excluded
 * blocks make it unbalanced. The estimates come from the analysis of variance: each observed sum of squares
 * is set equal to its expectation (Searle, Casella and McCulloch, "Variance Components", Wiley 1992, chapter
 * 5). They are unbiased for any distribution. A negative estimate is reported as 0, the usual convention.
 *
 * The effect of the order is the same in all blocks of a round, with opposite signs in a block's two pairs.
 * It cancels in the mean of a block, and only the variation of the difference between the pairs counts as
 * variation of turns. Each comparison has its own mean, so the rounds of several comparisons can be pooled.
 *
 * @returns null if no round has two blocks, or if no comparison has two rounds
 */
export function componentsOf(comparisons: readonly NestedRatios[]): Components | null {
  const turns = { squares: 0, df: 0 };
  const blocks = { squares: 0, df: 0 };
  const rounds = { squares: 0, df: 0, perRound: 0 };
  for (const comparison of comparisons) {
    const filled = comparison.filter(({ length }) => length > 0);
    const means = filled.map((round) => round.map(blockMean));
    const all = means.flat();
    for (const round of filled) {
      const differences = round.map(([first, second]) => first - second);
      turns.squares += squares(differences, mean(differences)) / 2;
      turns.df += round.length - 1;
      const own = round.map(blockMean);
      blocks.squares += squares(own, mean(own));
      blocks.df += round.length - 1;
      rounds.squares += round.length * (mean(own) - mean(all)) ** 2;
    }
    if (means.length === 0) continue;
    rounds.df += means.length - 1;
    rounds.perRound += all.length - sumOf(means.map(({ length }) => length ** 2)) / all.length;
  }
  if (blocks.df === 0 || rounds.df === 0) return null;
  const turn = turns.squares / turns.df;
  const withinRound = blocks.squares / blocks.df;
  const round = (rounds.squares - rounds.df * withinRound) / rounds.perRound;
  return { turn, block: Math.max(0, withinRound - turn / 2), round: Math.max(0, round) };
}

/**
 * Returns the variance of the mean log-ratio of a round with the given numbers of blocks and pairs of turns.
 */
export function roundVariance({ turn, block, round }: Components, blocks: number, pairs: number): number {
  return round + block / blocks + turn / pairs;
}

function blockMean([first, second]: Block): number {
  return (first + second) / 2;
}

function mean(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

function squares(values: readonly number[], about: number): number {
  return sumOf(values.map((value) => (value - about) ** 2));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
