import { ALPHA, contains, type Interval } from './interval.ts';

export type EffectVerdict = 'faster' | 'slower' | 'no difference detected' | 'too few rounds';

/** Criteria for an effect to count as a difference. */
export interface Criteria {
  /** The better direction: lower for a latency, higher for a throughput. */
  better: 'lower' | 'higher';
  /** Smallest effect that matters in practice, as a fraction: 0.02 is 2 % in either direction. */
  threshold: number;
  /**
   * Number of comparisons for which significance is adjusted. With unequal weights, it is 1 ÷ the weight
   * share of this comparison.
   */
  comparisons: number;
}

export const DEFAULT_THRESHOLD = 0.02;

/**
 * Returns the number of rounds needed before any outcome can be significant. The smallest p of n rounds is 2
 * × ½ⁿ, and Holm's method multiplies it by the number of comparisons: 6 rounds for one, 7 for two or three, 8
 * for four.
 */
export function fewestRounds(comparisons: number): number {
  let rounds = 1;
  while (comparisons * 2 ** (1 - rounds) >= ALPHA) rounds++;
  return rounds;
}

/**
 * Returns the number of rounds in which metrics of all these weights can get a verdict, for each of the
 * variants.
 */
export function roundsForWeights(weights: readonly number[], variants: number): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return fewestRounds((variants * all) / Math.min(...weights));
}

/** Reports whether the ratio is further from 1 than the threshold; 1.02 and 1 ÷ 1.02 are equally far. */
function isBeyond(threshold: number, ratio: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log(1 + threshold);
}

/**
 * Decides whether an effect is a difference. It must be significant (adjusted p below .05, and the reported
 * interval excludes 1) and beyond the practical threshold. `no difference detected` does not mean that there
 * is none: see `smallestDetectable`.
 *
 * @param effect `interval` is null if there are too few rounds for one
 */
export function verdictOn(effect: { rounds: number } & Judged, criteria: Criteria): EffectVerdict {
  return effect.rounds < fewestRounds(criteria.comparisons) ? 'too few rounds' : verdictOf(effect, criteria);
}

/**
 * The values that a verdict depends on if there are enough runs. `adjustedP` is adjusted for multiple
 * comparisons.
 */
interface Judged {
  ratio: number;
  interval: Interval | null;
  adjustedP: number;
}

/** Like `verdictOn`, for a test whose minimum number of runs the caller has already checked. */
export function verdictOf(
  { ratio, interval, adjustedP }: Judged,
  { better, threshold }: Pick<Criteria, 'better' | 'threshold'>,
): EffectVerdict {
  if (interval === null) return 'too few rounds';
  const isSignificant = adjustedP < ALPHA && !contains(interval, 1);
  if (!isSignificant || !isBeyond(threshold, ratio)) return 'no difference detected';
  return ratio < 1 === (better === 'lower') ? 'faster' : 'slower';
}
