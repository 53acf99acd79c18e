import { smallestDetectable } from './detectable.ts';
import { type Effect, effectOf, logRatios } from './effect.ts';
import { holm } from './holm.ts';
import { type Criteria, type EffectVerdict, verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

/** One figure of one variant beside that of the baseline. */
export interface Comparison extends Effect {
  /** Two-sided p of the signed-rank test, by itself. */
  p: number;
  /** The same, adjusted for all that is compared beside it (Holm). */
  adjustedP: number;
  verdict: EffectVerdict;
  /**
   * The smallest effect (ratio above 1) that these rounds could have detected; null when they are too few, or
   * where it was not asked for.
   */
  detectable: number | null;
}

/** One figure of one variant and of the baseline, in each of the rounds that count. */
export interface FigurePairs extends Pick<Criteria, 'better' | 'threshold'> {
  baseline: readonly number[];
  variant: readonly number[];
  /** How much of the rate of false positives it may use up, in any unit: see `holm`. */
  weight: number;
}

/**
 * Compares figures of variants to the baseline's. All of them are one family: where nothing differs, the
 * probability that anything is found to differ is at most 5 %.
 *
 * @param seed of the simulation behind `detectable`, which takes most of the time; null leaves it out. Nothing
 * else is random.
 * @returns one comparison for each, in their order; null for one without any round.
 * @throws RangeError when a figure is not a number above 0.
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
