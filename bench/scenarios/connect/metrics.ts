import { incomplete, limitedElsewhere, notCompleted } from '../../metrics/fitness.ts';
import { count, PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';
import { SCHEDULE_METRICS } from '../echo/metrics.ts';
import { LISTEN_METRICS } from '../storm/metrics.ts';

/**
 * Metrics for opening and closing connections. Handshake times and CPU per handshake are metrics of every run.
 */
export const CONNECT_METRICS: readonly Metric[] = [
  ...SCHEDULE_METRICS,
  {
    ...PLAIN,
    name: 'handshakes.perSecond',
    title: 'handshakes per second',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'fastest',
    read: ({ work, connect }) => (connect.isWork ? work.perSecond : null),
    unfit: limitedElsewhere,
  },
  {
    name: 'handshakes.perCore',
    title: `handshakes per second per core of ${PROXY}`,
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'fastest',
    needs: ['proxy', 'closed-loop'],
    read: ({ work, connect }) => (connect.isWork ? (work.perCore?.perSecond ?? null) : null),
    unfit: incomplete,
  },
  {
    ...PLAIN,
    name: 'handshakes.resumed',
    title: 'share of handshakes that resumed a TLS session',
    unit: 'share',
    better: 'higher',
    kind: 'usage',
    read: ({ connect }) => connect.resumedShare,
    unfit: notCompleted,
  },
  ...LISTEN_METRICS,
  count('timeWait.peak', 'highest number of sockets in TIME_WAIT', 'lower', ({ tcp }) => tcp.timeWaitPeak),
  ...times({
    ...PLAIN,
    name: 'echo',
    title: 'echo time on a new connection',
    read: ({ latencies }) => latencies.echo,
    unfit: incomplete,
  }),
  ...times({
    ...PLAIN,
    name: 'closing',
    title: 'duration of the closing handshake',
    read: ({ latencies }) => latencies.closing,
    unfit: incomplete,
  }),
];
