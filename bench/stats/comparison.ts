import { smallestDetectable } from './detectable.ts';
import { type Effect, effectOf, logRatios } from './effect.ts';
import { holm } from './holm.ts';
import { type Criteria, type EffectVerdict, verdictOn } from './verdict.ts';
import { signedRankP } from './wilcoxon.ts';

/** One figure of one variant beside that of the baseline. */
export interface Comparison extends Effect {
  /** Two-sided p of the signed-rank test, by itself. */
  p: number;
  /** The same, adjusted for the number of variants (Holm). */
  adjustedP: number;
  verdict: EffectVerdict;
  /**
   * The smallest effect (ratio above 1) that these rounds could have detected; null when they are too few.
   */
  detectable: number | null;
}

/** One figure of one variant, round by round; null where the run gave none. */
export type FigureByRound = readonly (number | null)[];

/**
 * Compares one figure of several variants to the baseline's. Only rounds that gave the figure on both sides
 * count.
 *
 * @param seed of the simulation behind `detectable`; nothing else is random.
 * @returns one comparison for each variant, in their order; null for a variant without any such round.
 * @throws RangeError when a figure is not a number above 0.
 */
export function compareRounds(
  baseline: FigureByRound,
  variants: readonly FigureByRound[],
  { better, threshold }: Pick<Criteria, 'better' | 'threshold'>,
  seed: number,
): (Comparison | null)[] {
  const criteria = { better, threshold, comparisons: variants.length };
  const ratios = variants.map((variant) => pairedLogRatios(baseline, variant));
  const pValues = ratios.map(signedRankP);
  const adjusted = holm(pValues);
  return ratios.map((values, i) => {
    if (values.length === 0) return null;
    const effect = { ...effectOf(values), p: pValues[i] as number, adjustedP: adjusted[i] as number };
    const detectable = smallestDetectable(values, criteria, seed);
    return { ...effect, verdict: verdictOn(effect, criteria), detectable };
  });
}

function pairedLogRatios(baseline: FigureByRound, variant: FigureByRound): number[] {
  const pairs = variant.flatMap((figure, round) => {
    const base = baseline[round] ?? null;
    return figure === null || base === null ? [] : [{ base, figure }];
  });
  return logRatios(
    pairs.map(({ base }) => base),
    pairs.map(({ figure }) => figure),
  );
}
