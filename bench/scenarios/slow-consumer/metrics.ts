import { notCompleted } from '../../metrics/fitness.ts';
import { count, PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';
import { DELIVERY_METRICS } from '../broadcast/metrics.ts';
import { ECHO_METRICS } from '../echo/metrics.ts';

const WHEN = { before: 'before the stall', during: 'during the stall', after: 'after the stall' };

function memory(part: string, title: string, needs: Metric['needs'], read: Metric['read']): Metric {
  return {
    ...PLAIN,
    name: `stalledMemory.${part}`,
    title: `${title} memory per stalled client`,
    unit: 'bytes',
    better: 'lower',
    kind: 'usage',
    needs,
    read,
    unfit: notCompleted,
  };
}

/** Metrics for clients that stop reading, and for all other clients. */
export const SLOW_CONSUMER_METRICS: readonly Metric[] = [
  ...ECHO_METRICS,
  ...DELIVERY_METRICS,
  ...Object.entries(WHEN).flatMap(([name, when]) =>
    times({
      name: `${name}Stall`,
      title: `delivery time to each of the other clients ${when}`,
      step: 'slow-consumer',
      needs: ['schedule'],
      read: ({ latencies }) => latencies[name],
      unfit: notCompleted,
    }),
  ),
  memory('proxy', PROXY, ['proxy'], ({ stall }) => stall?.proxyBytes ?? null),
  memory('kernel', 'kernel', [], ({ stall }) => stall?.tcpBytes ?? null),
  memory('server', 'server', [], ({ stall }) => stall?.serverBytes ?? null),
  count(
    'stalled.closed',
    `stalled clients whose connection ${PROXY} closed`,
    null,
    ({ stall }) => stall?.closed?.count ?? null,
  ),
];
