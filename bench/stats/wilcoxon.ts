import type { Interval } from './interval.ts';
import { upperTail } from './normal.ts';
import { doubledRanks, SAME } from './ranks.ts';

/**
 * Maximum number of differences for which the distribution is computed exactly: a double can still represent
 * a count of 2⁵⁰ sign patterns.
 */
const EXACT_UP_TO = 50;

/**
 * Returns the two-sided p-value of the Wilcoxon signed-rank test. The null hypothesis is that the differences
 * are symmetric about 0.
 *
 * - Ties get midranks. The distribution of the actual ranks is used, so p is exact even with ties.
 * - Differences of 0 are ranked with the others and then dropped (Pratt, "Remarks on Zeros and Ties in the
 *   Wilcoxon Signed Rank Procedures", JASA 54, 1959). If they were dropped first, as in R, p could rise
 *   although every difference increases.
 * - With more than 50 nonzero differences, a normal approximation is used, with the variance of the actual
 *   ranks and a continuity correction of ½.
 *
 * @param differences one per round, here log-ratios. An empty list, or only differences of 0, gives p = 1.
 */
export function signedRankP(differences: readonly number[]): number {
  const ranks = doubledRanks(differences.map(Math.abs));
  const isDifferent = (_: unknown, i: number) => Math.abs(differences[i] as number) >= SAME;
  const positive = ranks.filter((_, i) => (differences[i] as number) >= SAME);
  return twoSidedP(ranks.filter(isDifferent))(sum(positive));
}

/**
 * Returns the confidence interval of the signed-rank test: all shifts that the test would not reject
 * (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd ed., section 3.3). Its bounds are
 * Walsh averages: the means of all pairs of values, including each value paired with itself.
 *
 * @param walsh from `walshAverages`
 * @param order from `boundOrder`; at least 1
 */
export function walshInterval(walsh: Float64Array, order: number): Interval {
  return { low: walsh[order - 1] as number, high: walsh[walsh.length - order] as number };
}

/** Returns the Walsh averages (xᵢ + xⱼ) ÷ 2 for all i ≤ j, in ascending order. */
export function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let filled = 0;
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++)
      averages[filled++] = ((values[i] as number) + (values[j] as number)) / 2;
  return averages.sort();
}

/**
 * Returns the position, counted from the lowest, of the Walsh average that is the lower bound of the
 * interval. Without ties, this is the number of low positive-rank sums that the test rejects. The result is 0
 * if there are too few rounds for any outcome to be significant.
 */
export function boundOrder(rounds: number, alpha: number): number {
  const p = twoSidedP(Array.from({ length: rounds }, (_, i) => 2 * (i + 1)));
  // Beyond half of all Walsh averages, p decreases again. The loop never gets that far, but with this limit
  // it is certain to end for any p.
  const most = (rounds * (rounds + 1)) / 4;
  let order = 0;
  while (order < most && p(2 * order) < alpha) order++;
  return order;
}

/**
 * Returns a function that maps the doubled sum of the positive ranks to the two-sided p-value. Under the null
 * hypothesis, each rank is positive with probability ½, independently of the others.
 */
function twoSidedP(ranks: readonly number[]): (positiveSum: number) => number {
  const total = sum(ranks);
  if (ranks.length > EXACT_UP_TO) {
    const deviation = Math.sqrt(sum(ranks.map((rank) => rank * rank))) / 2;
    return (positiveSum) => Math.min(1, 2 * upperTail((Math.abs(positiveSum - total / 2) - 1) / deviation));
  }
  const patterns = signPatterns(ranks, total);
  return (positiveSum) => {
    const lower = Math.min(positiveSum, total - positiveSum);
    return Math.min(1, (2 * sum(patterns.subarray(0, lower + 1))) / 2 ** ranks.length);
  };
}

/** Counts, for each sum from 0 to the total, the sign patterns whose positive ranks have that sum. */
function signPatterns(ranks: readonly number[], total: number): Float64Array {
  const patterns = new Float64Array(total + 1);
  patterns[0] = 1;
  for (const rank of ranks)
    for (let at = total; at >= rank; at--)
      patterns[at] = (patterns[at] as number) + (patterns[at - rank] as number);
  return patterns;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
