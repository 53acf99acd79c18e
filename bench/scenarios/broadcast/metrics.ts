import type { RunFigures } from '../../measure/figures.ts';
import { incomplete, invalid, offSchedule, oneWay } from '../../metrics/fitness.ts';
import { count, type Part, PLAIN, times, usage } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { ECHO_METRICS } from '../echo/metrics.ts';

/** CPU time of a component per delivery in the steady phase, in µs; null if it is unknown. */
export function cpuUsPerDelivery({ cpuUsPerMessage, steady }: RunFigures, part: Part): number | null {
  const each = cpuUsPerMessage[part];
  const { delivered } = steady.counts;
  return each === null || !delivered ? null : (each * steady.echoed) / delivered;
}

/** Deliveries per second in the steady phase; null if that phase was not reached or deliveries are not counted. */
export function deliveriesPerSecond({ steady }: RunFigures): number | null {
  const { delivered } = steady.counts;
  return !steady.durationUs || delivered === undefined ? null : (delivered * 1e6) / steady.durationUs;
}

/**
 * Deliveries that were due and did not arrive, for whatever reason; null if the run does not count
 * deliveries.
 */
export function undelivered({ counts: { expected, delivered } }: RunFigures): number | null {
  return expected === undefined || delivered === undefined ? null : expected - delivered;
}

const RECEIVERS = {
  delivery: 'delivery time to each receiver',
  firstReceiver: 'delivery time to the first receiver',
  medianReceiver: 'delivery time to the median receiver',
  lastReceiver: 'delivery time to the last receiver',
};

/** Metrics shared by all scenarios in which a server sends publications to many members. */
export const DELIVERY_METRICS: readonly Metric[] = [
  {
    ...PLAIN,
    name: 'deliveries.perSecond',
    title: 'deliveries per second',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    read: deliveriesPerSecond,
    unfit: incomplete,
  },
  count(
    'deliveries.skipped',
    'deliveries skipped by the server',
    'lower',
    ({ counts }) => counts.skipped ?? null,
  ),
];

/** Metrics for publications that the server sends to every member of a room. */
export const BROADCAST_METRICS: readonly Metric[] = [
  ...ECHO_METRICS,
  ...DELIVERY_METRICS,
  count('deliveries.lost', 'deliveries that did not arrive', 'lower', undelivered),
  ...Object.entries(RECEIVERS).flatMap(([name, title]) =>
    times({
      name,
      title,
      step: 'broadcast',
      needs: ['schedule'],
      read: ({ latencies }) => latencies[name],
      unfit: { middle: oneWay, tail: invalid },
    }),
  ),
  ...usage('cpuPerDelivery', 'CPU per delivery', 'time', cpuUsPerDelivery, offSchedule),
];
