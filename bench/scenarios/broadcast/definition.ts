import { PUBLICATION_BYTES } from '../../../server/wire/publication.ts';
import { DELIVERY_NAMES } from '../../measure/deliveries.ts';
import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioOptions } from '../../model/load.ts';
import type { AskedLoad, ScenarioDefinition } from '../definition.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, STEADY_AND_DRAIN, USUAL } from '../usual.ts';
import { layoutOf, leastMembers } from './layout.ts';
import { BROADCAST_METRICS } from './metrics.ts';

/**
 * Deliveries per second at the default rate. Together, Nginx, the server and the generator need about a third of
 * a core for them, so delays on a machine with two CPUs come from sending and not from queueing.
 */
const DELIVERIES_PER_SECOND = 10_000;
/** Bounds of the default rate. With fewer publications, a comparison's short runs would have no median. */
const LEAST_RATE = 10;
const MOST_RATE = 500;

/** Returns a publication rate that small machines can sustain with this many members per room. */
export function publicationRate(members: number): number {
  return Math.min(MOST_RATE, Math.max(LEAST_RATE, Math.round(DELIVERIES_PER_SECOND / members)));
}

/** Returns an error message if the payload is too small for the header of a publication, otherwise null. */
export function tooSmall({ payload }: Pick<AskedLoad, 'payload'>, scenario: string): string | null {
  if (payload.minBytes >= PUBLICATION_BYTES) return null;
  return `--payload ${payload.minBytes} is too small for the scenario ${scenario}: a message needs ${PUBLICATION_BYTES} bytes for its number and its time. Use --payload ${PUBLICATION_BYTES} or more.`;
}

/** One message to many: the server sends each publication to every member of a room. */
export const broadcast = {
  ...USUAL,
  name: 'broadcast',
  title: 'Broadcast',
  question: 'How long until a message has reached everybody?',
  steps: [{ name: 'broadcast', load: 'open', server: 'lean' }],
  options: {
    publishers: {
      value: 'N',
      kind: 'count',
      least: 1,
      most: 1000,
      default: 1,
      help: 'broadcast: connections that publish in each room [1]',
    },
    room: {
      value: 'N',
      kind: 'count',
      least: 0,
      most: 1_000_000,
      default: 0,
      help: 'broadcast: maximum members per room; 0: one room for all [0]',
    },
  },
  excluded: ['baseline', 'in-flight', 'no-http'],
  defaultRate: (connections, options) =>
    publicationRate(Math.ceil(connections / layoutOf(connections, options).rooms)),
  problemOf: (asked) => tooSmall(asked, 'broadcast') ?? tooManyPublishers(asked),
  servers: { least: 1, most: 1 },
  recorded: {
    counters: [...MESSAGE_NAMES.counters, ...DELIVERY_NAMES.counters],
    gauges: [...MESSAGE_NAMES.gauges, ...DELIVERY_NAMES.gauges],
    histograms: [...MESSAGE_NAMES.histograms, ...DELIVERY_NAMES.histograms],
  },
  conservation: [
    ...ECHO_EQUATIONS,
    { whole: 'expected', parts: ['delivered', 'skipped', 'missed', 'pending'] },
  ],
  phasesRead: {
    ...ECHO_PHASES,
    delivery: STEADY_AND_DRAIN,
    firstReceiver: ['steady'],
    medianReceiver: ['steady'],
    lastReceiver: ['steady'],
  },
  serverArguments: () => ['--reply', 'rooms'],
  metrics: BROADCAST_METRICS,
  compared: [
    { name: 'cpuPerDelivery.proxy', step: 'broadcast', weight: 40, headline: true },
    { name: 'lastReceiver.p50', step: 'broadcast', weight: 40, headline: true },
    { name: 'medianReceiver.p50', step: 'broadcast', weight: 10, headline: false },
    { name: 'delivery.p99', step: 'broadcast', weight: 10, headline: false },
  ],
  listed: [
    { name: 'deliveries.perSecond', step: 'broadcast', label: 'deliveries ' },
    { name: 'medianReceiver.p50', step: 'broadcast', label: 'median receiver ' },
    { name: 'lastReceiver.p50', step: 'broadcast', label: 'last receiver ' },
  ],
  doubts: [
    'nothing-echoed',
    'losses',
    'deliveries',
    'clock-error',
    'disturbance',
    'send-lag',
    'schedule',
    'limit',
  ],
} as const satisfies ScenarioDefinition;

function tooManyPublishers({ connections, options }: { connections: number; options: ScenarioOptions }) {
  const layout = layoutOf(connections, options);
  const members = leastMembers(connections, layout);
  if (layout.publishers <= members) return null;
  return `--publishers ${layout.publishers} exceeds the number of members in a room (${members}). Lower --publishers to at most ${Math.max(1, members)}, or use larger rooms.`;
}
