import { COMEBACK_NAMES } from '../../load/sessions/comeback.ts';
import type { Timeline } from '../../model/timeline.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { RECONNECT_OPTION } from '../reconnect-option.ts';
import { OF_COMEBACK, STEADY_AND_DRAIN, USUAL } from '../usual.ts';
import { STORM_METRICS } from './metrics.ts';

/** How long connections are left undisturbed before they are cut, in ms. */
export const BEFORE_MS = 3000;
/** How long killed echo servers stay down, in ms. */
const GONE_MS = 1000;

/** The actions that cut all connections. Echo servers that are killed are started again. */
function timelineOf(cut: unknown, servers: number): Timeline {
  if (cut === 'proxy') return [{ atMs: BEFORE_MS, action: { kind: 'kill-proxy-workers' } }];
  if (cut !== 'backend') return [{ atMs: BEFORE_MS, action: { kind: 'cut-clients' } }];
  const all = Array.from({ length: servers }, (_, server) => server);
  return [
    ...all.map((server) => ({ atMs: BEFORE_MS, action: { kind: 'kill-server' as const, server } })),
    ...all.map((server) => ({
      atMs: BEFORE_MS + GONE_MS,
      action: { kind: 'start-server' as const, server },
    })),
  ];
}

/** All connections are cut at once, and all clients reconnect. */
export const storm = {
  ...USUAL,
  name: 'storm',
  title: 'Reconnect storm',
  question: 'How fast can all clients reconnect after a cut?',
  steps: [{ name: 'storm', load: null, server: 'lean' }],
  options: {
    cut: {
      value: 'clients|backend|proxy',
      kind: 'choice',
      choices: ['clients', 'backend', 'proxy'],
      default: 'clients',
      help: 'storm: which side cuts the connections [clients]',
    },
    recovery: {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 20_000,
      help: 'storm: time allowed for clients to reconnect [20s]',
    },
    reconnect: RECONNECT_OPTION,
  },
  excluded: [
    'baseline',
    'rate',
    'arrivals',
    'in-flight',
    'payload',
    'type',
    'duration',
    'warmup',
    'no-http',
    'echo-timeout',
  ],
  lengths: (_step, { recovery }) => ({ warmupMs: 0, durationMs: BEFORE_MS + Number(recovery) }),
  timeline: (_step, { cut }, servers) => timelineOf(cut, servers),
  recorded: {
    ...COMEBACK_NAMES,
    // Times of each attempt to reconnect, and of each client's return, measured from the moment when the cut was due.
    histograms: [...COMEBACK_NAMES.histograms, 'attemptAfter', 'backAfter'],
  },
  conservation: [OF_COMEBACK],
  phasesRead: {
    // Includes only handshakes during the storm, not those before it.
    tcp: STEADY_AND_DRAIN,
    tls: STEADY_AND_DRAIN,
    upgrade: STEADY_AND_DRAIN,
    handshake: STEADY_AND_DRAIN,
  },
  metrics: STORM_METRICS,
  compared: [
    { name: 'outage.p50', step: 'storm', weight: 40, headline: true },
    { name: 'outage.p99', step: 'storm', weight: 40, headline: true },
    // This metric has a value even if no client reconnects.
    { name: 'storm.attempts', step: 'storm', weight: 10, headline: false },
    { name: 'handshake.p50', step: 'storm', weight: 10, headline: false },
  ],
  listed: [
    { name: 'outage.p50', step: 'storm', label: 'outage p50 ' },
    { name: 'outage.p99', step: 'storm', label: 'p99 ' },
    { name: 'outage.max', step: 'storm', label: 'longest ' },
  ],
  doubts: ['nothing-cut'],
} as const satisfies ScenarioDefinition;
