import { notCompleted } from '../../metrics/fitness.ts';
import { count, PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';

/** Metrics shared by all scenarios in which clients reconnect. */
export const COMEBACK_METRICS: readonly Metric[] = [
  count('clients.absent', 'clients not back at the end', 'lower', ({ counts }) => counts.waiting ?? null),
  ...times({
    ...PLAIN,
    name: 'outage',
    title: 'time a client was without a connection',
    read: ({ latencies }) => latencies.outage,
    unfit: notCompleted,
  }),
];

/** Metrics for clients that all reconnect at once. */
export const STORM_METRICS: readonly Metric[] = [
  {
    ...PLAIN,
    name: 'storm.attempts',
    title: 'attempts per client',
    unit: 'count',
    better: 'lower',
    kind: 'usage',
    read: ({ counts: { attempts, cut } }) => (attempts === undefined || !cut ? null : attempts / cut),
    unfit: notCompleted,
  },
  ...COMEBACK_METRICS,
];
