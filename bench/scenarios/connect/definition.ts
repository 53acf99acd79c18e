import { PROXY } from '../../model/proxy.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { ECHO_PHASES, STEADY_AND_DRAIN, USUAL } from '../usual.ts';
import { CONNECT_METRICS } from './metrics.ts';

/**
 * Opens and closes connections, first with a fixed number of handshakes in progress, then on a schedule whose
 * rate is well below the one achieved. Shows how many handshakes Nginx completes, what each costs, and how long
 * it takes.
 */
export const connect = {
  ...USUAL,
  name: 'connect',
  title: 'Connecting',
  question: 'How many connections per second can be opened, and what does each cost?',
  steps: [
    { name: 'fastest', load: 'closed', server: 'lean' },
    { name: 'scheduled', load: 'open', server: 'lean' },
  ],
  options: {
    pending: {
      value: 'N',
      kind: 'count',
      least: 1,
      most: 65_536,
      default: 100,
      help: 'connect: handshakes in progress in the fastest step [100]',
    },
    echo: {
      value: null,
      kind: 'switch',
      default: 'off',
      help: 'connect: echo a message before closing each connection',
    },
    resume: {
      value: null,
      kind: 'switch',
      default: 'off',
      help: 'connect: resume TLS sessions instead of making full handshakes',
    },
    close: {
      value: 'client|server',
      kind: 'choice',
      choices: ['client', 'server'],
      default: 'client',
      help: 'connect: which side closes the connections [client]',
    },
  },
  excluded: ['baseline', 'in-flight', 'ramp', 'payload', 'type', 'no-http', 'echo-timeout'],
  work: 'handshakes',
  connectionTraits: ({ resume, close }) => ({ resumes: resume === 'on', serverCloses: close === 'server' }),
  problemOf: ({ connections, options: { pending } }) =>
    Number(pending) <= connections
      ? null
      : `--pending ${pending} is more than --connections ${connections}, the number of connections that may exist at the same time. Lower --pending or raise --connections.`,
  recorded: {
    counters: [
      ...['due', 'started', 'unstarted', 'refused', 'resumed', 'closed', 'broken'],
      ...['sent', 'echoed', 'lost'],
    ],
    gauges: ['queued', 'pending', 'live', 'outstanding'],
    histograms: ['response', 'service', 'sendLag', 'lostWait', 'unsentWait', 'echo', 'closing'],
  },
  conservation: [
    { whole: 'due', parts: ['started', 'unstarted', 'queued'] },
    { whole: 'started', parts: ['opened', 'refused', 'pending'] },
    { whole: 'opened', parts: ['closed', 'broken', 'live'] },
    { whole: 'sent', parts: ['echoed', 'outstanding', 'lost'] },
  ],
  // A handshake counts if it was due in the steady phase, even if it ends during the drain.
  phasesRead: {
    tcp: STEADY_AND_DRAIN,
    tls: STEADY_AND_DRAIN,
    upgrade: STEADY_AND_DRAIN,
    handshake: STEADY_AND_DRAIN,
    ...ECHO_PHASES,
    echo: STEADY_AND_DRAIN,
    closing: STEADY_AND_DRAIN,
  },
  serverArguments: ({ close, echo }) =>
    close === 'server' ? ['--close-after', echo === 'on' ? '1' : '0'] : [],
  metrics: CONNECT_METRICS,
  compared: [
    { name: 'cpuPerConnection.proxy', step: 'fastest', weight: 40, headline: true },
    { name: 'response.p50', step: 'scheduled', weight: 36, headline: true },
    { name: 'handshakes.perSecond', step: 'fastest', weight: 8, headline: false },
    { name: 'handshake.p50', step: 'fastest', weight: 8, headline: false },
    { name: 'response.p99', step: 'scheduled', weight: 8, headline: false },
  ],
  listed: [
    { name: 'handshakes.perSecond', step: 'fastest', label: 'handshakes ' },
    { name: 'cpuPerConnection.proxy', step: 'fastest', label: `${PROXY} CPU per handshake ` },
    { name: 'response.p50', step: 'scheduled', label: 'p50 ' },
    { name: 'response.p99', step: 'scheduled', label: 'p99 ' },
  ],
  doubts: ['nothing-echoed', 'losses', 'disturbance', 'send-lag', 'schedule', 'limit'],
} as const satisfies ScenarioDefinition;
