import type { Interval } from './interval.ts';
import { logarithms } from './logarithms.ts';
import { rankSumP } from './mann-whitney.ts';
import { type Atom, bootstrapMedians, median, percentileInterval } from './median.ts';

/** How a figure of one stored result relates to that of another, whose runs were not made in pairs. */
export interface UnpairedEffect {
  /** Median of the variant's runs ÷ median of the baseline's. */
  ratio: number;
  /**
   * 95 % percentile interval of the bootstrap over the runs of both sides. In simulations it covered the true
   * ratio in 95.4 to 97.0 % with 5 to 20 runs a side (normal, Student's t with 3 degrees of freedom and
   * log-normal noise), in 92 to 93 % with 4 and 90 % with 3.
   */
  interval: Interval;
  /** Two-sided p of the Mann–Whitney U test. */
  p: number;
}

/** Atoms that can move no bound of an interval. */
const NEGLIGIBLE = 1e-9;

/**
 * The effect between two sets of runs. All of it is about the scatter of runs within these two sessions:
 * what else changed between them (another kernel, a neighbour on the host) looks like an effect.
 *
 * @throws RangeError when a side has no runs, or a figure is not a number above 0.
 */
export function unpairedEffect(baseline: readonly number[], variant: readonly number[]): UnpairedEffect {
  return {
    ratio: median(variant) / median(baseline),
    interval: percentileInterval(ratioAtoms(bootstrapMedians(baseline), bootstrapMedians(variant))),
    p: rankSumP(logarithms(baseline), logarithms(variant)),
  };
}

/** The bootstrap distribution of the ratio: both sides are resampled independently. */
function ratioAtoms(baseline: readonly Atom[], variant: readonly Atom[]): Atom[] {
  const likely = (atom: Atom) => atom.probability > NEGLIGIBLE;
  return variant.filter(likely).flatMap((above) =>
    baseline.filter(likely).map((below) => ({
      value: above.value / below.value,
      probability: above.probability * below.probability,
    })),
  );
}
