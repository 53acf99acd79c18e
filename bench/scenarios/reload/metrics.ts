import { notCompleted } from '../../metrics/fitness.ts';
import { PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { COMEBACK_METRICS, PEAK_METRICS } from '../storm/metrics.ts';

/** Metrics for the effects of a reload on open connections. */
export const RELOAD_METRICS: readonly Metric[] = [
  ...times({
    ...PLAIN,
    name: 'cutAfter',
    title: 'time from a reload until a connection was cut',
    read: ({ latencies }) => latencies.cutAfter,
    unfit: notCompleted,
  }),
  ...times({
    ...PLAIN,
    name: 'backAfter',
    title: 'time from a reload until a client was back',
    read: ({ latencies }) => latencies.backAfter,
    unfit: notCompleted,
  }),
  ...COMEBACK_METRICS,
  ...PEAK_METRICS,
];
