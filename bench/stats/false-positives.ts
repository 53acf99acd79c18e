import type { EffectVerdict } from '../model/comparison.ts';
import type { Interval } from './interval.ts';

/** How often comparisons of a variant with itself (A/A) report a difference. */
export interface FalsePositives {
  /** Number of comparisons with enough rounds for a verdict. */
  comparisons: number;
  positives: number;
  /** positives ÷ comparisons; null if there are no comparisons. */
  rate: number | null;
  /** 95 % confidence interval of the rate; 0 to 1 if there are no comparisons. */
  interval: Interval;
}

/** Computes the false positive rate from the verdicts of A/A comparisons. */
export function falsePositives(verdicts: readonly EffectVerdict[]): FalsePositives {
  const decided = verdicts.filter((verdict) => verdict !== 'too few rounds');
  const positives = decided.filter((verdict) => verdict !== 'no difference detected').length;
  return {
    comparisons: decided.length,
    positives,
    rate: decided.length === 0 ? null : positives / decided.length,
    interval: wilsonInterval(positives, decided.length),
  };
}

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Computes Wilson's score interval (95 %) for a proportion, without continuity correction (Newcombe,
 * "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, method 3).
 * Unlike the estimate ± 1.96 standard errors, it has a nonzero width when there are no successes, and stays
 * within 0 to 1.
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const centre = successes + (Z * Z) / 2;
  const margin = Z * Math.sqrt((successes * (trials - successes)) / trials + (Z * Z) / 4);
  const scale = trials + Z * Z;
  return { low: Math.max(0, (centre - margin) / scale), high: Math.min(1, (centre + margin) / scale) };
}
