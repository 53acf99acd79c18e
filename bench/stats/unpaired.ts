import { ALPHA, type Interval } from './interval.ts';
import { logarithms } from './logarithms.ts';
import { rankSumP, rejectedSums } from './mann-whitney.ts';
import { median } from './median.ts';

/** Effect for one metric, computed from two stored results, whose runs are not paired. */
export interface UnpairedEffect {
  /** Median of variant ÷ baseline over all pairs that consist of one run from each side. */
  ratio: number;
  /**
   * 95 % confidence interval of the ratio, derived from the Mann–Whitney test. Without ties, the interval
   * excludes 1 exactly when that test is significant before any adjustment for multiple comparisons. Null if
   * there are too few runs (such as 3 on each side) for a result to be significant even if it has no ties.
   */
  interval: Interval | null;
  /** Two-sided p-value of the Mann–Whitney U test. */
  p: number;
}

/**
 * Computes the effect between two sets of runs from their logarithms, using the Hodges–Lehmann estimator and
 * its interval (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd ed., sections 4.2 and
 * 4.3). The interval only accounts for variation between runs within the two sessions. Anything else that
 * changed between the sessions (another kernel, a noisy neighbour on the host) looks like an effect.
 *
 * @throws RangeError if a side has no runs, or a value is not a number above 0.
 */
export function unpairedEffect(baseline: readonly number[], variant: readonly number[]): UnpairedEffect {
  const [base, own] = [logarithms(baseline), logarithms(variant)];
  const differences = allDifferences(base, own);
  const order = rejectedSums(base.length, own.length, ALPHA);
  return {
    ratio: Math.exp(median(differences)),
    interval: order === 0 ? null : outer(differences, order),
    p: rankSumP(base, own),
  };
}

/** Returns every value of the second list minus every value of the first, in ascending order. */
export function allDifferences(first: readonly number[], second: readonly number[]): number[] {
  return [...Float64Array.from(second.flatMap((value) => first.map((other) => value - other))).sort()];
}

function outer(differences: readonly number[], order: number): Interval {
  return {
    low: Math.exp(differences[order - 1] as number),
    high: Math.exp(differences[differences.length - order] as number),
  };
}
