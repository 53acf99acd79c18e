import { COMEBACK_NAMES } from '../../load/sessions/comeback.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { RECONNECT_OPTION } from '../reconnect-option.ts';
import { STORM_METRICS } from './metrics.ts';

/** How long connections are left undisturbed before they are cut, in ms. */
export const BEFORE_MS = 3000;

/** All connections are cut at once, and all clients reconnect. */
export const storm = {
  name: 'storm',
  title: 'Reconnect storm',
  question: 'How fast can everybody come back?',
  steps: [{ name: 'storm', load: null, server: 'lean' }],
  options: {
    cut: {
      value: 'clients|proxy',
      kind: 'choice',
      choices: ['clients', 'proxy'],
      default: 'clients',
      help: 'storm: who cuts the connections [clients]',
    },
    recovery: {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 20_000,
      help: 'storm: how long clients have to come back [20s]',
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
  defaultRate: null,
  timeline: (_step, { cut }) => [
    { atMs: BEFORE_MS, action: { kind: cut === 'proxy' ? 'kill-proxy-workers' : 'cut-clients' } },
  ],
  recorded: COMEBACK_NAMES,
  conservation: [{ whole: 'cut', parts: ['back', 'waiting'] }],
  phasesRead: {
    // Only handshakes during the storm, not those before it.
    tcp: ['steady', 'drain'],
    tls: ['steady', 'drain'],
    upgrade: ['steady', 'drain'],
    handshake: ['steady', 'drain'],
  },
  openingStages: 1,
  hasHttpLeg: false,
  takesTurns: false,
  largestMessage: ({ maxBytes }) => maxBytes,
  serverArguments: () => [],
  metrics: STORM_METRICS,
  compared: [
    { name: 'outage.p50', step: 'storm', weight: 40, headline: true },
    { name: 'outage.p99', step: 'storm', weight: 40, headline: true },
    { name: 'handshake.p50', step: 'storm', weight: 20, headline: false },
  ],
  listed: [
    { name: 'outage.p50', step: 'storm', label: 'outage p50 ' },
    { name: 'outage.p99', step: 'storm', label: 'p99 ' },
    { name: 'outage.max', step: 'storm', label: 'longest ' },
  ],
  doubts: [],
} as const satisfies ScenarioDefinition;
