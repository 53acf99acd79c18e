import { notCompleted } from '../../metrics/fitness.ts';
import { count, PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';

/** Metrics shared by all scenarios in which clients reconnect. */
export const COMEBACK_METRICS: readonly Metric[] = [
  count('connections.cut', 'connections cut', 'lower', ({ counts }) => counts.cut ?? null),
  count(
    'attempts.failed',
    'failed attempts to reconnect',
    'lower',
    ({ counts }) => counts.attemptsFailed ?? null,
  ),
  count('clients.absent', 'clients not back at the end', 'lower', ({ counts }) => counts.waiting ?? null),
  ...times({
    ...PLAIN,
    name: 'outage',
    title: 'outage',
    read: ({ latencies }) => latencies.outage,
    unfit: notCompleted,
  }),
];

/** Peak resource use of Nginx, for scenarios with a moment of unusual load. */
export const PEAK_METRICS: readonly Metric[] = [
  {
    ...PLAIN,
    name: 'peak.cpu',
    title: `highest CPU usage of ${PROXY} in one second`,
    unit: 'share',
    better: 'lower',
    kind: 'usage',
    needs: ['proxy'],
    read: ({ proxyPeakCores }) => proxyPeakCores,
    unfit: notCompleted,
  },
  {
    ...PLAIN,
    name: 'peak.memory',
    title: `highest memory of ${PROXY}`,
    unit: 'bytes',
    better: 'lower',
    kind: 'usage',
    needs: ['proxy'],
    read: ({ proxyPeakBytes }) => proxyPeakBytes,
    unfit: notCompleted,
  },
];

/** Connections dropped because a listening socket's queue was full. */
export const LISTEN_METRICS: readonly Metric[] = [
  count('listen.overflows', 'listen queue overflows', 'lower', ({ tcp }) => tcp.listenOverflows),
  count('listen.drops', 'connections dropped by listeners', 'lower', ({ tcp }) => tcp.listenDrops),
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
  ...LISTEN_METRICS,
  ...PEAK_METRICS,
];
