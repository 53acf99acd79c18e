import type { RunFigures } from '../../measure/figures.ts';
import { incomplete, invalid, limitedElsewhere, notCompleted, offSchedule } from '../../metrics/fitness.ts';
import { count, type Part, PLAIN, times, usage } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';

/** CPU time per MiB of echoed payload, in µs; null if it is unknown or messages are empty. */
function cpuUsPerMiB({ cpuUsPerMessage, messages, bytes }: RunFigures, part: Part): number | null {
  const us = cpuUsPerMessage[part];
  if (us === null || messages.perSecond === null || !bytes.receivedPerSecond) return null;
  return (us * messages.perSecond * 2 ** 20) / bytes.receivedPerSecond;
}

/** The cost of a message depends on the rate, so an open loop must have kept its schedule. */
const offScheduleIfOpen: Metric['unfit'] = (run) =>
  run.step === 'latency' ? offSchedule(run) : incomplete(run);

/** Metrics for the times of a latency step. All times except the service time are measured from the intended time. */
export const SCHEDULE_METRICS: readonly Metric[] = [
  ...times({
    name: 'response',
    title: 'response time',
    step: 'latency',
    needs: ['schedule', 'answers'],
    read: ({ latencies }) => latencies.response,
    unfit: { middle: offSchedule, tail: invalid },
  }),
  ...times({
    name: 'service',
    title: 'service time',
    step: 'latency',
    needs: ['answers'],
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
    name: 'messages.perSecond',
    title: 'throughput',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    needs: ['answers'],
    read: ({ messages }) => messages.perSecond,
    unfit: limitedElsewhere,
  },
  {
    name: 'perCoreCapacity',
    title: `${PROXY} per-core capacity`,
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    needs: ['proxy', 'closed-loop'],
    read: ({ perCoreCapacity }) => perCoreCapacity?.perSecond ?? null,
    unfit: incomplete,
  },
  {
    ...PLAIN,
    name: 'payload.perSecond',
    title: 'payload throughput',
    unit: 'bytesRate',
    better: 'higher',
    kind: 'speed',
    read: ({ bytes }) => bytes.receivedPerSecond,
    unfit: limitedElsewhere,
  },
  ...usage('cpuPerMiB', 'CPU per MiB of payload', 'time', cpuUsPerMiB, offScheduleIfOpen),
  ...usage(
    'cpuPerMessage',
    'CPU per message',
    'time',
    (figures, part) => figures.cpuUsPerMessage[part],
    offScheduleIfOpen,
  ),
];
