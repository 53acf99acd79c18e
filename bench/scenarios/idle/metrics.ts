import { notCompleted } from '../../metrics/fitness.ts';
import { PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';

/** Metrics for silent connections. */
export const IDLE_METRICS: readonly Metric[] = [
  {
    ...PLAIN,
    name: 'idle.survived',
    title: 'share of connections that stayed open',
    unit: 'share',
    better: 'higher',
    kind: 'usage',
    step: 'hold',
    read: ({ counts }) => (counts.held === undefined || !counts.opened ? null : counts.held / counts.opened),
    unfit: notCompleted,
  },
  {
    ...PLAIN,
    name: 'idleMemory.proxy',
    title: `${PROXY} memory per idle connection`,
    unit: 'bytes',
    better: 'lower',
    kind: 'usage',
    needs: ['proxy'],
    read: ({ memorySlopes }) => memorySlopes.proxy?.bytes ?? null,
    unfit: notCompleted,
  },
  {
    ...PLAIN,
    name: 'idleMemory.kernel',
    title: 'kernel memory per idle connection',
    unit: 'bytes',
    better: 'lower',
    kind: 'usage',
    read: ({ memorySlopes }) => memorySlopes.kernel?.bytes ?? null,
    unfit: notCompleted,
  },
  ...times({
    ...PLAIN,
    name: 'lifetime',
    title: 'lifetime of connections that ended',
    step: 'hold',
    read: ({ latencies }) => latencies.lifetime,
    unfit: notCompleted,
  }),
  ...times({
    ...PLAIN,
    name: 'pong',
    title: 'time from ping to pong',
    step: 'hold',
    read: ({ latencies }) => latencies.pong,
    unfit: notCompleted,
  }),
];
