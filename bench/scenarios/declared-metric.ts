import { ratio } from '../measure/arithmetic.ts';
import type { RunFigures } from '../measure/figures.ts';
import { incomplete, invalid, limitedElsewhere, notCompleted } from '../metrics/fitness.ts';
import { isTail, PLAIN } from '../metrics/kinds.ts';
import type { Metric } from '../metrics/metric.ts';
import type { DeclaredMetric, MetricSource } from '../model/declaration.ts';

/** Returns the metric that a user's scenario declares. */
export function metricOf({ of, ...declared }: DeclaredMetric): Metric {
  return {
    ...PLAIN,
    ...declared,
    kind: 'histogram' in of || of.per === 'second' ? 'speed' : 'usage',
    read: (figures) => valueIn(of, figures),
    unfit: fitnessOf(of),
  };
}

function valueIn(of: MetricSource, figures: RunFigures): number | null {
  if ('histogram' in of) return figures.latencies[of.histogram]?.[of.statistic] ?? null;
  const { counts, steady } = figures;
  if (of.per !== 'second') {
    const value = counts[of.counter];
    if (value === undefined || of.per === undefined) return value ?? null;
    return ratio(value, counts[of.per] ?? 0);
  }
  const { durationUs } = steady;
  const value = steady.counts[of.counter];
  return value === undefined || durationUs === null ? null : ratio(value * 1e6, durationUs);
}

function fitnessOf(of: MetricSource): Metric['unfit'] {
  if ('histogram' in of) return isTail(of.statistic) ? invalid : incomplete;
  return of.per === 'second' ? limitedElsewhere : notCompleted;
}
