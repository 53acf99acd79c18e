import * as v from 'valibot';

/** Metric units: `time` in µs, bytes, bytes per second, rate per second, a plain number, or a share (0 to 1). */
export const METRIC_UNITS = ['time', 'bytes', 'bytesRate', 'rate', 'count', 'share'] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** Maps the unit names used in older results to the current ones. */
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
