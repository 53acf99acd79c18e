import { smallestDetectable } from './detectable.ts';
import { type Effect, effectOf, logRatios } from './effect.ts';
import { holm } from './holm.ts';
import { type Criteria, type EffectVerdict, verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

/** Comparison of a variant with the baseline for one metric. */
export interface Comparison extends Effect {
  /** Two-sided p-value of the signed-rank test, not adjusted. */
  p: number;
  /** The p-value adjusted for all comparisons in the family (Holm). */
  adjustedP: number;
  verdict: EffectVerdict;
  /**
   * Smallest effect (ratio above 1) that these rounds could have detected; null if there are too few rounds,
   * or if it was not requested.
   */
  detectable: number | null;
}

/** One metric's values for a variant and the baseline, one pair per included round. */
export interface FigurePairs extends Pick<Criteria, 'better' | 'threshold'> {
  baseline: readonly number[];
  variant: readonly number[];
  /** This comparison's share of the permitted false positive rate, in any unit: see `holm`. */
  weight: number;
}

/**
 * Compares variants with the baseline, metric by metric. All comparisons form one family: if nothing differs,
 * the probability of reporting any difference is at most 5 %.
 *
 * @param seed seed for the simulation that computes `detectable`, which takes most of the time. Null skips the
 *   simulation. Nothing else is random.
 * @returns one comparison per member of the family, in order; null for a member without any rounds.
 * @throws RangeError if a value is not a number above 0.
 */
export function compareRounds(family: readonly FigurePairs[], seed: number | null): (Comparison | null)[] {
  const ratios = family.map(({ baseline, variant }) => logRatios(baseline, variant));
  const weights = family.map(({ weight }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const pValues = ratios.map(signedRankP);
  const adjusted = holm(pValues, weights);
  return family.map(({ weight, ...criteria }, i) => {
    const values = ratios[i] as number[];
    if (values.length === 0) return null;
    const asOneOf = { ...criteria, comparisons: total / weight };
    const effect = { ...effectOf(values), p: pValues[i] as number, adjustedP: adjusted[i] as number };
    const detectable = seed === null ? null : smallestDetectable(values, asOneOf, seed);
    return { ...effect, verdict: verdictOn(effect, asOneOf), detectable };
  });
}
