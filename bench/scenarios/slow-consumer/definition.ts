import { ALL_MEMBERS, DELIVERY_NAMES, type DeliveryNames } from '../../measure/deliveries.ts';
import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioOptions } from '../../model/load.ts';
import { tooSmall } from '../broadcast/definition.ts';
import type { Layout } from '../broadcast/layout.ts';
import type { AskedLoad, ScenarioDefinition } from '../definition.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, STEADY_AND_DRAIN, USUAL } from '../usual.ts';
import { SLOW_CONSUMER_METRICS } from './metrics.ts';

/** All clients are in one room, and the first client publishes. */
export const LAYOUT: Layout = { rooms: 1, publishers: 1 };

/** Duration of the steady load before the stall, and after it, in ms. */
const BEFORE_MS = 5000;
const AFTER_MS = 5000;
const WARMUP_MS = 1000;
/**
 * Messages per second to each client. With the default message size, this is 320 KiB/s per client. At this
 * rate, the buffers of a stalled connection fill within seconds, and two CPUs can serve 100 clients.
 */
const DEFAULT_RATE = 20;

/** Names under which the slow clients are recorded; the others use the names of ordinary members. */
export const SLOW_MEMBERS: DeliveryNames = {
  expected: 'slowExpected',
  delivered: 'slowDelivered',
  skipped: 'slowSkipped',
  missed: 'slowMissed',
  pending: 'slowPending',
};

/** Whether a connection is slow. Slow connections are spread evenly; the one that publishes is never slow. */
export function isSlow(id: number, percent: number): boolean {
  return Math.floor(((id + 1) * percent) / 100) > Math.floor((id * percent) / 100) && id !== 0;
}

/** Some clients stop reading while the server keeps sending to all clients. */
export const slowConsumer = {
  ...USUAL,
  name: 'slow-consumer',
  title: 'Slow consumers',
  question:
    'How do clients that stop reading affect the others, and how much memory does each stalled client take?',
  steps: [{ name: 'slow-consumer', load: 'open', server: 'lean' }],
  options: {
    'slow-share': {
      value: 'PERCENT',
      kind: 'count',
      least: 1,
      most: 99,
      default: 10,
      help: 'slow-consumer: percentage of clients that stop reading [10]',
    },
    'read-rate': {
      value: 'BYTES',
      kind: 'count',
      least: 0,
      most: 1_000_000_000,
      default: 0,
      help: 'slow-consumer: bytes per second a stalled client reads [0]',
    },
    stall: {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 40_000,
      help: 'slow-consumer: for how long clients stop reading [40s]',
    },
  },
  excluded: ['baseline', 'in-flight', 'duration', 'warmup', 'no-http'],
  needsGeneratorHere:
    'it measures the data queued in the sockets at both ends of each connection, but with agents, the sockets of the clients are on other hosts',
  lengths: (_step, { stall }) => ({ warmupMs: WARMUP_MS, durationMs: BEFORE_MS + Number(stall) + AFTER_MS }),
  defaults: { connections: 100, payload: '16k' },
  defaultRate: () => DEFAULT_RATE,
  problemOf: (asked) => tooSmall(asked, 'slow-consumer') ?? nobodySlow(asked),
  servers: { least: 1, most: 1 },
  timeline: (_step, options) => [
    { atMs: WARMUP_MS + BEFORE_MS, action: { kind: 'stall-clients' } },
    { atMs: WARMUP_MS + BEFORE_MS + Number(options.stall), action: { kind: 'resume-clients' } },
  ],
  recorded: {
    counters: [
      ...MESSAGE_NAMES.counters,
      ...DELIVERY_NAMES.counters,
      ...DELIVERY_NAMES.counters.map((name) => SLOW_MEMBERS[name]),
      'stalled',
    ],
    gauges: [...MESSAGE_NAMES.gauges, ...DELIVERY_NAMES.gauges, SLOW_MEMBERS.pending],
    histograms: [...MESSAGE_NAMES.histograms, 'before', 'during', 'after'],
  },
  conservation: [
    ...ECHO_EQUATIONS,
    ...[ALL_MEMBERS, SLOW_MEMBERS].map(({ expected, delivered, skipped, missed, pending }) => ({
      whole: expected,
      parts: [delivered, skipped, missed, pending],
    })),
  ],
  phasesRead: {
    ...ECHO_PHASES,
    before: ['steady'],
    during: STEADY_AND_DRAIN,
    after: STEADY_AND_DRAIN,
  },
  samplesQueues: true,
  serverArguments: () => ['--reply', 'rooms'],
  metrics: SLOW_CONSUMER_METRICS,
  compared: [
    { name: 'duringStall.p99', step: 'slow-consumer', weight: 30, headline: true },
    { name: 'duringStall.p50', step: 'slow-consumer', weight: 30, headline: true },
    { name: 'stalledMemory.kernel', step: 'slow-consumer', weight: 20, headline: true },
    { name: 'stalledMemory.proxy', step: 'slow-consumer', weight: 20, headline: false },
  ],
  listed: [
    { name: 'duringStall.p99', step: 'slow-consumer', label: 'p99 delivery time to the other clients ' },
    { name: 'stalledMemory.kernel', step: 'slow-consumer', label: 'kernel memory per stalled client ' },
  ],
  doubts: ['nothing-echoed', 'deliveries', 'disturbance', 'send-lag'],
} as const satisfies ScenarioDefinition;

function nobodySlow({ connections, options }: Pick<AskedLoad, 'connections'> & { options: ScenarioOptions }) {
  const percent = Number(options['slow-share']);
  const slow = Array.from({ length: Math.min(connections, 101) }, (_, id) => id).some((id) =>
    isSlow(id, percent),
  );
  if (slow) return null;
  return `--slow-share ${percent} selects none of ${connections} connections. Use more --connections, or a larger --slow-share.`;
}
