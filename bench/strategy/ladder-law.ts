import type { Metric } from '../metrics/metric.ts';
import type { Estimate } from '../model/estimate.ts';
import type { Finding } from '../model/finding.ts';
import { countsFor, type FittedLaw, type LadderAxis, type LadderPoint } from '../model/ladder.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { StepDefinition } from '../scenarios/definition.ts';
import { median } from '../stats/median.ts';
import { FEWEST_SIZES, fitLaw, type LawFit, peakOf, throughputAt } from '../stats/scalability.ts';
import { finding } from '../wording/finding.ts';

/** A fitted law; `law` is null if there are too few valid levels, or if they do not determine the law. */
export interface Fitted {
  law: FittedLaw | null;
  /** Number of levels with a valid run. */
  valid: number;
  /** Largest relative distance between the fitted curve and the median at any level. */
  deviation: number;
}

/** Both the drawn curve and the search for its maximum extend to this multiple of the largest level. */
const BEYOND = 2;
const CURVE_POINTS = 48;

/**
 * Fits the Universal Scalability Law to the valid runs of a ladder, a series in which one quantity increases.
 * The law relates a system's throughput to the number of its users or workers. It therefore only applies if
 * the main metric is a rate and the load adapts to what the system achieves. That is true of connections in a
 * closed loop, and of Nginx workers under any load except an open loop.
 *
 * @returns null if the law does not apply
 */
export function lawOf(
  points: readonly LadderPoint[],
  { over, step: { load }, seed }: { over: LadderAxis; step: StepDefinition; seed: number },
  metric: Metric | undefined,
): Fitted | null {
  const applies = over === 'connections' ? load === 'closed' : over === 'nginx-workers' && load !== 'open';
  if (!applies || metric === undefined || metric.unit !== 'rate') return null;
  const sized = points.flatMap((point) => {
    const { level, figures } = point;
    const value = figures[metric.name] ?? null;
    return !countsFor(point, metric.name) || value === null || value <= 0 ? [] : [{ size: level, value }];
  });
  const sizes = [...new Set(sized.map(({ size }) => size))].sort((a, b) => a - b);
  const fit = fitLaw(sized, seed);
  if (fit === null) return { law: null, valid: sizes.length, deviation: 0 };
  const deviations = sizes.map((size) => {
    const values = sized.filter((each) => each.size === size).map(({ value }) => value);
    return Math.abs(median(values) / throughputAt(fit.law, size) - 1);
  });
  return { law: fittedLaw(fit, sizes), valid: sizes.length, deviation: Math.max(...deviations) };
}

function fittedLaw({ law, intervals, band }: LawFit, sizes: readonly number[]): FittedLaw {
  const first = sizes[0] as number;
  const end = BEYOND * (sizes.at(-1) as number);
  const estimate = (name: keyof LawFit['law']): Estimate => ({ value: law[name], ...intervals[name] });
  const peak = peakOf(law);
  return {
    lambda: estimate('lambda'),
    sigma: estimate('sigma'),
    kappa: estimate('kappa'),
    peak: peak === null || peak > end ? null : Math.max(1, peak),
    curve: Array.from({ length: CURVE_POINTS }, (_, index) => {
      const level = first * (end / first) ** (index / (CURVE_POINTS - 1));
      return { level, value: throughputAt(law, level), ...band(level) };
    }),
  };
}

/** Returns a finding that states the fitted parameters, or why there are none. */
export function lawFinding({ law, valid, deviation }: Fitted, over: LadderAxis, unit: MetricUnit): Finding {
  if (law !== null) {
    const { lambda, sigma, kappa, peak } = law;
    return finding('ladder-law', {
      ...{ over, unit, lambda, sigma, kappa, peak, deviation },
      declines: kappa.low > 0,
    });
  }
  return valid < FEWEST_SIZES
    ? finding('ladder-too-few', { valid, needed: FEWEST_SIZES })
    : finding('ladder-undetermined', {});
}
