import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, USUAL } from '../usual.ts';
import { MIXED_METRICS } from './metrics.ts';

const WARMUP_MS = 1000;
/** Duration of the load before the HTTP requests, and after them, in ms. */
const BEFORE_MS = 5000;
const AFTER_MS = 5000;
/** Maximum duration of the HTTP requests without WebSockets, in ms. */
const MOST_ALONE_MS = 5000;

/**
 * HTTP requests at a constant rate join a steady echo load for a while. Shows how each affects the response
 * time of the other, and how much load a cache takes off the backend.
 */
export const mixed = {
  ...USUAL,
  name: 'mixed',
  title: 'HTTP requests alongside WebSockets',
  // The WebSocket load is the same as in `echo` and is sent by the client of `echo`. The HTTP requests come
  // from another process.
  client: 'echo',
  question: 'How do HTTP requests and WebSockets affect each other, and what does a cache change?',
  steps: [{ name: 'mixed', load: 'open', server: 'ws' }],
  options: {
    'http-rate': {
      value: 'N',
      kind: 'count',
      least: 1,
      most: 100_000,
      default: 1000,
      help: 'mixed: HTTP requests per second [1000]',
    },
    'http-connections': {
      value: 'N',
      kind: 'count',
      least: 1,
      most: 1000,
      default: 10,
      help: 'mixed: connections for the HTTP requests [10]',
    },
    'http-for': {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 10_000,
      help: 'mixed: for how long HTTP requests are sent [10s]',
    },
  },
  excluded: ['baseline', 'in-flight', 'duration', 'warmup', 'no-http'],
  lengths: (_step, options) => ({
    warmupMs: WARMUP_MS,
    durationMs: BEFORE_MS + Number(options['http-for']) + AFTER_MS,
  }),
  defaultRate: () => 1000,
  timeline: (_step, options) => [
    { atMs: WARMUP_MS + BEFORE_MS, action: { kind: 'start-http' } },
    { atMs: WARMUP_MS + BEFORE_MS + Number(options['http-for']), action: { kind: 'stop-http' } },
  ],
  recorded: MESSAGE_NAMES,
  conservation: ECHO_EQUATIONS,
  phasesRead: ECHO_PHASES,
  hasHttpLeg: true,
  httpLoad: (options) => ({
    connections: Number(options['http-connections']),
    durationMs: Math.min(MOST_ALONE_MS, Number(options['http-for'])),
    ratePerSecond: Number(options['http-rate']),
  }),
  metrics: MIXED_METRICS,
  compared: [
    { name: 'responseWithHttp.p50', step: 'mixed', weight: 25, headline: true },
    { name: 'responseWithHttp.p99', step: 'mixed', weight: 15, headline: false },
    { name: 'httpLoad.p50', step: 'mixed', weight: 30, headline: true },
    { name: 'coresWithHttp.server', step: 'mixed', weight: 30, headline: true },
  ],
  listed: [
    { name: 'responseWithHttp.p50', step: 'mixed', label: 'WebSocket p50 with HTTP ' },
    { name: 'httpLoad.p50', step: 'mixed', label: 'HTTP p50 ' },
    { name: 'httpLoad.backendShare', step: 'mixed', label: 'requests to the backend ' },
  ],
  doubts: ['nothing-echoed', 'losses', 'http-requests', 'disturbance', 'send-lag', 'schedule', 'limit'],
} as const satisfies ScenarioDefinition;
