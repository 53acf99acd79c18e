import { ALPHA, contains, type Interval } from './interval.ts';

export type EffectVerdict = 'faster' | 'slower' | 'no difference detected' | 'too few rounds';

/** What an effect must satisfy to count as a difference. */
export interface Criteria {
  /** Which direction of this figure is better: lower for a latency, higher for a throughput. */
  better: 'lower' | 'higher';
  /** The smallest effect that matters in practice, as a fraction: 0.02 is 2 % either way. */
  threshold: number;
  /** Number of comparisons for which significance is adjusted. With unequal weights, 1 ÷ the share of this one. */
  comparisons: number;
}

export const DEFAULT_THRESHOLD = 0.02;

/**
 * The number of rounds needed before any outcome can be significant. The smallest p of n rounds is 2 × ½ⁿ, and
 * Holm's method multiplies it by the number of comparisons: 6 rounds for one, 7 for two or three, 8 for four.
 */
export function fewestRounds(comparisons: number): number {
  let rounds = 1;
  while (comparisons * 2 ** (1 - rounds) >= ALPHA) rounds++;
  return rounds;
}

/** Whether the ratio is further from 1 than the threshold; 1.02 and 1 ÷ 1.02 are equally far. */
function isBeyond(threshold: number, ratio: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log(1 + threshold);
}

/**
 * An effect is a difference only if it is significant (adjusted p below .05, and the interval shown with it
 * excludes 1) and beyond the practical threshold. `no difference detected` does not mean that there is none: see
 * `smallestDetectable`.
 *
 * @param effect `interval` is null if the rounds are too few for one
 */
export function verdictOn(effect: { rounds: number } & Judged, criteria: Criteria): EffectVerdict {
  return effect.rounds < fewestRounds(criteria.comparisons) ? 'too few rounds' : verdictOf(effect, criteria);
}

/** What a verdict depends on if there are enough runs for one. p is adjusted for multiple comparisons. */
interface Judged {
  ratio: number;
  interval: Interval | null;
  adjustedP: number;
}

/** Like `verdictOn`, for a test whose minimum number of runs the caller has checked. */
export function verdictOf(
  { ratio, interval, adjustedP }: Judged,
  { better, threshold }: Pick<Criteria, 'better' | 'threshold'>,
): EffectVerdict {
  if (interval === null) return 'too few rounds';
  const isSignificant = adjustedP < ALPHA && !contains(interval, 1);
  if (!isSignificant || !isBeyond(threshold, ratio)) return 'no difference detected';
  return ratio < 1 === (better === 'lower') ? 'faster' : 'slower';
}
