import { smallestDetectable } from './detectable.ts';
import { type Effect, effectOf, logRatios } from './effect.ts';
import { holm } from './holm.ts';
import { type Criteria, type EffectVerdict, verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

/** One figure of a variant compared with that of the baseline. */
export interface Comparison extends Effect {
  /** Two-sided p of the signed-rank test, unadjusted. */
  p: number;
  /** The same, adjusted for everything that is compared in the family (Holm). */
  adjustedP: number;
  verdict: EffectVerdict;
  /**
   * The smallest effect (ratio above 1) that these rounds could have detected; null if they are too few, or if it
   * was not requested.
   */
  detectable: number | null;
}

/** One figure of a variant and of the baseline, in each of the rounds that count. */
export interface FigurePairs extends Pick<Criteria, 'better' | 'threshold'> {
  baseline: readonly number[];
  variant: readonly number[];
  /** Its share of the permitted false positive rate, in any unit: see `holm`. */
  weight: number;
}

/**
 * Compares figures of variants with those of the baseline. All of them form one family: if nothing differs, the
 * probability of reporting any difference is at most 5 %.
 *
 * @param seed of the simulation behind `detectable`, which takes most of the time; null skips it. Nothing else is
 * random.
 * @returns one comparison per member of the family, in order; null for a member without any round.
 * @throws RangeError if a figure is not a number above 0.
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
