import { randomFrom } from '../model/random.ts';
import type { Comparison } from './comparison.ts';
import { holm } from './holm.ts';
import { ALPHA } from './interval.ts';
import { logarithms } from './logarithms.ts';
import { rejectedSums } from './mann-whitney.ts';
import { median } from './median.ts';
import { allDifferences, unpairedEffect } from './unpaired.ts';
import { type Criteria, verdictOf } from './verdict.ts';

/** One metric's values for two sides with unpaired runs. The sides may have different numbers of runs. */
export interface FigureSets extends Pick<Criteria, 'better' | 'threshold'> {
  baseline: readonly number[];
  variant: readonly number[];
  /** This comparison's share of the permitted false positive rate: see `holm`. */
  weight: number;
}

/** Like `Comparison`, which is for paired rounds, but with the interval of `unpairedEffect`. */
export type UnpairedComparison = Pick<
  Comparison,
  'ratio' | 'interval' | 'p' | 'adjustedP' | 'verdict' | 'detectable'
>;

/** Probability with which the smallest detectable effect is detected, as in `smallestDetectable`. */
const POWER = 0.8;
const SIMULATIONS = 1_000;

/**
 * Compares metrics of two sets of runs using the Mann–Whitney U test. All comparisons form one family, as in
 * `compareRounds`.
 *
 * @param seed seed for the simulation that computes `detectable`; null skips it
 * @returns one comparison per member of the family, in order; null if a side has no runs
 * @throws RangeError if a value is not a number above 0
 */
export function compareSets(
  family: readonly FigureSets[],
  seed: number | null,
): (UnpairedComparison | null)[] {
  const total = family.reduce((sum, { weight }) => sum + weight, 0);
  const effects = family.map(({ baseline, variant }) =>
    baseline.length === 0 || variant.length === 0 ? null : unpairedEffect(baseline, variant),
  );
  const adjusted = holm(
    effects.map((effect) => effect?.p ?? 1),
    family.map(({ weight }) => weight),
  );
  return family.map(({ baseline, variant, weight, better, threshold }, i) => {
    const effect = effects[i];
    if (effect == null) return null;
    const { ratio, p } = effect;
    const order = rejectedSums(baseline.length, variant.length, (ALPHA * weight) / total);
    const isEnough = order > 0;
    const interval = isEnough ? effect.interval : null;
    const judged = { ratio, interval, p, adjustedP: adjusted[i] as number };
    return {
      ...judged,
      verdict: verdictOf(judged, { better, threshold }),
      detectable:
        !isEnough || seed === null ? null : smallestShift(baseline, variant, order, threshold, seed),
    };
  });
}

/**
 * Estimates the smallest true effect that would lead to a verdict in 80 % of comparisons with the same
 * numbers of runs and the same variation. It is a ratio above 1, obtained by simulation as in
 * `smallestDetectable`. Each side's runs are drawn from that side's residuals. The test rejects the null
 * hypothesis if a shift raises the `order`-th lowest of all differences between the sides' runs above 0.
 */
function smallestShift(
  baseline: readonly number[],
  variant: readonly number[],
  order: number,
  threshold: number,
  seed: number,
): number {
  const random = randomFrom(seed);
  const sides = [residualsOf(baseline), residualsOf(variant)] as const;
  const needed = Float64Array.from({ length: SIMULATIONS }, () => {
    const [base, own] = sides.map((residuals) => residuals.map(() => drawn(residuals, random))) as [
      number[],
      number[],
    ];
    const differences = allDifferences(base, own);
    return Math.max(-(differences[order - 1] as number), Math.log(1 + threshold) - median(differences));
  }).sort();
  return Math.exp(needed[Math.ceil(POWER * SIMULATIONS) - 1] as number);
}

/**
 * Returns a side's residuals about its median. Residuals about a sample's own median are too small on
 * average, so they are scaled up.
 */
function residualsOf(values: readonly number[]): number[] {
  const logs = logarithms(values);
  const centre = median(logs);
  const widening = logs.length > 1 ? Math.sqrt(logs.length / (logs.length - 1)) : 1;
  return logs.map((value) => (value - centre) * widening);
}

function drawn(values: readonly number[], random: () => number): number {
  return values[Math.floor(random() * values.length)] as number;
}
