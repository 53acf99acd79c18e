import { ALPHA, type Interval } from './interval.ts';
import { logarithms } from './logarithms.ts';
import { bootstrapMedians, median, percentileInterval } from './median.ts';
import { boundOrder, walshAverages, walshInterval } from './wilcoxon.ts';

/** A variant's effect on one metric, relative to the baseline, over all rounds that include both. */
export interface Effect {
  rounds: number;
  /** Variant ÷ baseline ratio: exp of the median log-ratio over the rounds. */
  ratio: number;
  /**
   * 95 % confidence interval of the ratio, derived from the signed-rank test. If there are no ties, the
   * interval excludes 1 exactly when that test, taken by itself, is significant. Null with fewer than 6
   * rounds, which are too few for an interval.
   */
  interval: Interval | null;
  /**
   * 95 % percentile interval from bootstrapping the median over rounds. Read the comment on `effectOf` before
   * displaying this interval.
   */
  bootstrap: Interval;
}

/**
 * Computes ln(variant ÷ baseline) of one metric for each round.
 *
 * @throws RangeError if a value is not a number above 0, or if a round lacks one of the two values
 */
export function logRatios(baseline: readonly number[], variant: readonly number[]): number[] {
  if (baseline.length !== variant.length)
    throw new RangeError(
      `The baseline has ${baseline.length} rounds, but the variant has ${variant.length}.`,
    );
  const base = logarithms(baseline);
  return logarithms(variant).map((log, round) => log - (base[round] as number));
}

/**
 * Computes the effect from the log-ratios of its rounds.
 *
 * There are two intervals because the bootstrap of a median is often too narrow with few rounds. The table
 * gives the share of 20,000 simulated intervals that cover the true effect. Each value is the lowest of those
 * for four kinds of noise: normal, Student's t with 3 degrees of freedom, one round in ten disturbed tenfold,
 * and the difference of two exponentials. The values of the four differ by at most 0.7.
 *
 * | rounds      | 6    | 7    | 8    | 9    | 10   | 11   | 12   | 13   | 15   | 20   |
 * |-------------|------|------|------|------|------|------|------|------|------|------|
 * | bootstrap % | 93.5 | 87.3 | 93.0 | 95.9 | 94.4 | 93.3 | 93.2 | 90.3 | 96.3 | 93.6 |
 * | interval  % | 96.7 | 95.2 | 96.0 | 96.0 | 95.0 | 95.7 | 95.5 | 94.9 | 95.1 | 95.1 |
 *
 * With an odd number of rounds, the bounds of the bootstrap interval are order statistics, so its coverage is
 * the same for any noise: with 7 rounds it is 1 − 16 ÷ 2⁷ = 87.5 %. BCa does not help (10 rounds: 93.4 %).
 * The signed-rank interval assumes that the log-ratios are symmetric about the effect. Pairing ensures this:
 * if both sides of a round are disturbed equally, the log-ratio is the effect plus the difference between two
 * errors that could just as well be swapped.
 *
 * @throws RangeError if there are no rounds
 */
export function effectOf(logRatios: readonly number[]): Effect {
  const order = boundOrder(logRatios.length, ALPHA);
  return {
    rounds: logRatios.length,
    ratio: Math.exp(median(logRatios)),
    interval: order === 0 ? null : ratios(walshInterval(walshAverages(logRatios), order)),
    bootstrap: ratios(percentileInterval(bootstrapMedians(logRatios))),
  };
}

function ratios({ low, high }: Interval): Interval {
  return { low: Math.exp(low), high: Math.exp(high) };
}
