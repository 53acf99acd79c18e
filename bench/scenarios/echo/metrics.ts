import { incomplete, invalid, limitedElsewhere, notCompleted, offSchedule } from '../../metrics/fitness.ts';
import { count, PLAIN, times, usage } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';

/** Times of work that is due on a schedule, and of the same work without one. */
export const SCHEDULE_METRICS: readonly Metric[] = [
  ...times({
    name: 'response',
    title: 'response time',
    step: 'latency',
    needs: ['schedule'],
    read: ({ latencies }) => latencies.response,
    unfit: { middle: offSchedule, tail: invalid },
  }),
  ...times({
    name: 'service',
    title: 'service time',
    step: 'latency',
    needs: [],
    read: ({ latencies }) => latencies.service,
    unfit: { middle: limitedElsewhere, tail: invalid },
  }),
  ...times({
    name: 'sendLag',
    title: 'send lag',
    step: 'latency',
    needs: ['schedule'],
    read: ({ latencies }) => latencies.sendLag,
    unfit: notCompleted,
  }),
];

/** Metrics for echoed messages. */
export const ECHO_METRICS: readonly Metric[] = [
  ...SCHEDULE_METRICS,
  count('messages.sent', 'messages sent', null, ({ messages }) => messages.sent),
  count('messages.echoed', 'messages echoed', null, ({ messages }) => messages.echoed),
  count('messages.outstanding', 'messages outstanding', 'lower', ({ messages }) => messages.outstanding),
  count('messages.lost', 'messages lost', 'lower', ({ messages }) => messages.lost),
  {
    ...PLAIN,
    name: 'messages.perSecond',
    title: 'throughput',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    read: ({ messages }) => messages.perSecond,
    unfit: limitedElsewhere,
  },
  {
    ...PLAIN,
    name: 'perCoreCapacity',
    title: 'Nginx per-core capacity',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    needs: ['proxy', 'closed-loop'],
    read: ({ perCoreCapacity }) => perCoreCapacity?.perSecond ?? null,
    unfit: incomplete,
  },
  // The cost of a message depends on the rate, so an open loop must have kept its schedule.
  ...usage(
    'cpuPerMessage',
    'CPU per message',
    'time',
    (figures, part) => figures.cpuUsPerMessage[part],
    (run) => (run.step === 'latency' ? offSchedule(run) : incomplete(run)),
  ),
];
