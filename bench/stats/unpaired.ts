import { ALPHA, type Interval } from './interval.ts';
import { logarithms } from './logarithms.ts';
import { rankSumP, rejectedSums } from './mann-whitney.ts';
import { median } from './median.ts';

/** How a figure of one stored result relates to that of another, whose runs were not made in pairs. */
export interface UnpairedEffect {
  /** Median of variant ÷ baseline over all pairs of a run of the one and a run of the other. */
  ratio: number;
  /**
   * 95 % interval of the ratio, of the Mann–Whitney test: it leaves out 1 exactly where that test is significant
   * by itself (no ties). Null where no outcome of so few runs is significant (fewer than 4 a side).
   */
  interval: Interval | null;
  /** Two-sided p of the Mann–Whitney U test. */
  p: number;
}

/**
 * The effect between two sets of runs, by Hodges and Lehmann's estimator and the interval that belongs to it
 * (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd ed., sections 4.2 and 4.3), on
 * logarithms. All of it is about the scatter of runs within these two sessions: what else changed between them
 * (another kernel, a neighbour on the host) looks like an effect.
 *
 * @throws RangeError when a side has no runs, or a figure is not a number above 0.
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

/** Every value of the second less every value of the first, in ascending order. */
export function allDifferences(first: readonly number[], second: readonly number[]): number[] {
  return [...Float64Array.from(second.flatMap((value) => first.map((other) => value - other))).sort()];
}

function outer(differences: readonly number[], order: number): Interval {
  return {
    low: Math.exp(differences[order - 1] as number),
    high: Math.exp(differences[differences.length - order] as number),
  };
}
