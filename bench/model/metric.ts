import * as v from 'valibot';

/** What a metric is measured in: µs, bytes, per second, a plain number, or a share of one. */
export const METRIC_UNITS = ['time', 'bytes', 'rate', 'count', 'share'] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** What units were called in older results. */
const FORMER: Readonly<Record<string, MetricUnit>> = {
  µs: 'time',
  B: 'bytes',
  '1/s': 'rate',
  number: 'count',
};

export const metricUnitSchema = v.pipe(
  v.string(),
  v.transform((unit) => FORMER[unit] ?? unit),
  v.picklist(METRIC_UNITS),
);
