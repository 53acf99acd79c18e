import { upperTail } from './normal.ts';
import { doubledRanks } from './ranks.ts';

/** Up to this many values together the distribution is counted out: C(50, 25) fits into a double exactly. */
const EXACT_UP_TO = 50;

/**
 * Two-sided p of the Mann–Whitney U (Wilcoxon rank-sum) test: do both samples come from one distribution?
 *
 * Ties get midranks, and the distribution is the one of the ranks at hand, so p is exact with ties as well;
 * it is the probability of a rank sum at least as far from its mean. Beyond 50 values: normal approximation
 * with the variance of the ranks at hand and a continuity correction of ½.
 *
 * @param a,b logarithms of figures; a sample without values gives p = 1.
 */
export function rankSumP(a: readonly number[], b: readonly number[]): number {
  const ranks = doubledRanks([...a, ...b]);
  const count = ranks.length;
  const mean = a.length * (count + 1);
  const distance = Math.abs(ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0) - mean);
  if (count <= EXACT_UP_TO) return exactTails(ranks, a.length, mean, distance);
  const squares = ranks.reduce((sum, rank) => sum + (rank - (count + 1)) ** 2, 0);
  const deviation = Math.sqrt((a.length * b.length * squares) / (count * (count - 1)));
  return deviation === 0 ? 1 : Math.min(1, 2 * upperTail((distance - 1) / deviation));
}

/** The share of all choices of `size` ranks whose sum is at least `distance` from `mean`. */
function exactTails(ranks: readonly number[], size: number, mean: number, distance: number): number {
  const choices = choicesBySum(ranks, size);
  let all = 0;
  let tails = 0;
  for (const [sum, number] of choices.entries()) {
    all += number;
    if (Math.abs(sum - mean) >= distance) tails += number;
  }
  return tails / all;
}

/** For each sum: how many choices of `size` ranks add up to it. */
function choicesBySum(ranks: readonly number[], size: number): Float64Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const bySize = Array.from({ length: size + 1 }, () => new Float64Array(total + 1));
  (bySize[0] as Float64Array)[0] = 1;
  for (const rank of ranks)
    for (let taken = size; taken >= 1; taken--) {
      const before = bySize[taken - 1] as Float64Array;
      const after = bySize[taken] as Float64Array;
      for (let sum = rank; sum <= total; sum++)
        after[sum] = (after[sum] as number) + (before[sum - rank] as number);
    }
  return bySize[size] as Float64Array;
}
