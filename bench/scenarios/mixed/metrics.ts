import { ratio } from '../../measure/arithmetic.ts';
import { incomplete, invalid, notCompleted, offSchedule } from '../../metrics/fitness.ts';
import { count, PLAIN, times } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';
import { MEASURED } from '../../model/run.ts';
import { ECHO_METRICS } from '../echo/metrics.ts';

const COMPONENTS = { proxy: PROXY, server: 'echo server', generator: 'generator' };

/** Metrics for HTTP requests alongside WebSockets. CPU time cannot be divided between the two. */
export const MIXED_METRICS: readonly Metric[] = [
  ...ECHO_METRICS.filter(({ name }) => !name.startsWith('cpuPer')),
  ...(['with', 'without'] as const).flatMap((part) =>
    times({
      ...PLAIN,
      name: part === 'with' ? 'responseWithHttp' : 'responseWithoutHttp',
      title: `WebSocket response time ${part} HTTP requests`,
      needs: ['schedule'],
      read: ({ httpLoad }) => httpLoad?.[part].response,
      unfit: { middle: offSchedule, tail: invalid },
    }),
  ),
  ...times({
    ...PLAIN,
    name: 'httpLoad',
    title: 'HTTP response time with WebSockets',
    needs: ['http'],
    read: ({ httpLoad }) => httpLoad?.latency,
    unfit: { middle: notCompleted, tail: invalid },
  }),
  {
    ...PLAIN,
    name: 'httpLoad.requestsPerSecond',
    title: 'HTTP requests per second with WebSockets',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    needs: ['http'],
    read: ({ httpLoad }) => httpLoad?.requestsPerSecond ?? null,
    unfit: notCompleted,
  },
  count(
    'httpLoad.failed',
    'HTTP requests that failed during the load',
    'lower',
    ({ httpLoad }) => httpLoad?.failed ?? null,
  ),
  count(
    'httpLoad.backend',
    'HTTP requests that reached an echo server during the load',
    'lower',
    ({ httpLoad }) => httpLoad?.backend ?? null,
  ),
  {
    ...PLAIN,
    name: 'httpLoad.backendShare',
    title: 'share of the HTTP requests that reached an echo server',
    unit: 'share',
    better: 'lower',
    kind: 'usage',
    needs: ['http'],
    read: ({ httpLoad }) => (httpLoad?.backend == null ? null : ratio(httpLoad.backend, httpLoad.succeeded)),
    unfit: notCompleted,
  },
  ...MEASURED.flatMap((part) =>
    (['with', 'without'] as const).map(
      (when): Metric => ({
        ...PLAIN,
        name: `${when === 'with' ? 'coresWithHttp' : 'coresWithoutHttp'}.${part}`,
        title: `${COMPONENTS[part]} CPU ${when} HTTP requests, as a share of a core`,
        unit: 'share',
        better: 'lower',
        kind: 'usage',
        needs: part === 'proxy' ? ['proxy'] : [],
        read: ({ httpLoad }) => httpLoad?.[when].cores[part] ?? null,
        unfit: incomplete,
      }),
    ),
  ),
];
