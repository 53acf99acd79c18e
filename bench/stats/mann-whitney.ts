import { upperTail } from './normal.ts';
import { doubledRanks } from './ranks.ts';

/**
 * Up to this total number of values, the distribution is computed exactly, because C(50, 25) fits into a
 * double.
 */
const EXACT_UP_TO = 50;

/**
 * Returns the two-sided p-value of the Mann–Whitney U (Wilcoxon rank-sum) test. The null hypothesis is that
 * both samples come from the same distribution.
 *
 * Ties get midranks, and the distribution of the actual ranks is used, so p is exact even with ties. It is
 * the probability of a rank sum at least as far from the mean as the observed one. Above 50 values, a normal
 * approximation is used, with the variance of the actual ranks and a continuity correction of ½.
 *
 * @param a,b logarithms of values; an empty sample gives p = 1.
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

/**
 * Returns how many of the lowest rank sums the test rejects; it rejects the same number of the highest. The
 * result is 0 if no outcome with so few values is significant. Assumes no ties.
 */
export function rejectedSums(a: number, b: number, alpha: number): number {
  const p = tailsOf(a, b);
  let rejected = 0;
  while (p(rejected) < alpha) rejected++;
  return rejected;
}

/**
 * Creates a function that returns a rank sum's two-sided p-value, given its distance from the lowest possible
 * sum.
 */
function tailsOf(a: number, b: number): (above: number) => number {
  if (a + b > EXACT_UP_TO) {
    const deviation = Math.sqrt((a * b * (a + b + 1)) / 12);
    return (above) => 2 * upperTail(((a * b) / 2 - above - 0.5) / deviation);
  }
  // Ranks are doubled, so sums start at 2 × (1 + … + a) and only every second value occurs.
  const lowest = a * (a + 1);
  const ranks = Array.from({ length: a + b }, (_, i) => 2 * (i + 1));
  const choices = choicesBySum(ranks, a);
  const all = sum(choices);
  return (above) => (2 * sum(choices.subarray(0, lowest + 2 * above + 1))) / all;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Returns the proportion of all choices of `size` ranks whose sum differs from `mean` by at least `distance`.
 */
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

/** Counts, for each sum, the choices of `size` ranks with that sum. */
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
