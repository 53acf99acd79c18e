import { ALPHA, contains, type Interval } from './interval.ts';

export type EffectVerdict = 'faster' | 'slower' | 'no difference detected' | 'too few rounds';

/** Criteria for counting an effect as a difference. */
export interface Criteria {
  /** Whether lower values are better, as for latency, or higher ones, as for throughput. */
  better: 'lower' | 'higher';
  /** Smallest effect of practical relevance, as a fraction: 0.02 means 2 % in either direction. */
  threshold: number;
  /**
   * Number of comparisons for which significance is adjusted. With unequal weights, it is 1 ÷ this
   * comparison's share of the weights.
   */
  comparisons: number;
}

export const DEFAULT_THRESHOLD = 0.02;

/**
 * Returns the minimum number of rounds with which any outcome can be significant. The smallest p with n
 * rounds is 2 × ½ⁿ, and Holm's method multiplies it by the number of comparisons. One comparison therefore
 * requires 6 rounds, two or three require 7, and four require 8.
 */
export function fewestRounds(comparisons: number): number {
  let rounds = 1;
  while (comparisons * 2 ** (1 - rounds) >= ALPHA) rounds++;
  return rounds;
}

/**
 * Returns the number of rounds needed for verdicts on all metrics with the given weights, for every variant.
 */
export function roundsForWeights(weights: readonly number[], variants: number): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return fewestRounds((variants * all) / Math.min(...weights));
}

/** Reports whether the ratio is further from 1 than the threshold; 1.02 and 1 ÷ 1.02 count as equally far. */
function isBeyond(threshold: number, ratio: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log(1 + threshold);
}

/**
 * Decides whether an effect counts as a difference. It must be significant (the adjusted p is below .05, and
 * the reported interval excludes 1) and exceed the practical threshold. `no difference detected` does not
 * mean that there is no difference: see `smallestDetectable`.
 *
 * @param effect `interval` is null if there are too few rounds for an interval
 */
export function verdictOn(effect: { rounds: number } & Judged, criteria: Criteria): EffectVerdict {
  return effect.rounds < fewestRounds(criteria.comparisons) ? 'too few rounds' : verdictOf(effect, criteria);
}

/**
 * The values from which a verdict is derived, provided that there are enough runs. `adjustedP` is adjusted
 * for multiple comparisons.
 */
interface Judged {
  ratio: number;
  interval: Interval | null;
  adjustedP: number;
}

/** Like `verdictOn`, but the caller has already checked that there are enough runs. */
export function verdictOf(
  { ratio, interval, adjustedP }: Judged,
  { better, threshold }: Pick<Criteria, 'better' | 'threshold'>,
): EffectVerdict {
  if (interval === null) return 'too few rounds';
  const isSignificant = adjustedP < ALPHA && !contains(interval, 1);
  if (!isSignificant || !isBeyond(threshold, ratio)) return 'no difference detected';
  return ratio < 1 === (better === 'lower') ? 'faster' : 'slower';
}
