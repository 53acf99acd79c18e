import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { ECHO_PHASES, USUAL } from '../usual.ts';
import { ECHO_METRICS } from './metrics.ts';

/**
 * Every connection sends messages, and the server echoes each of them. A closed loop measures a variant's
 * throughput; an open loop at a much lower rate measures its latency.
 */
export const echo = {
  ...USUAL,
  name: 'echo',
  title: 'Steady echo',
  question: 'What throughput and latency does each variant reach?',
  steps: [
    // The closed loop uses the lean server so that the server is not the bottleneck. The open loop uses the
    // server that is most similar to an application's.
    { name: 'throughput', load: 'closed', server: 'lean' },
    { name: 'latency', load: 'open', server: 'ws' },
  ],
  excluded: [],
  recorded: MESSAGE_NAMES,
  conservation: [
    { whole: 'due', parts: ['sent', 'unsent', 'queued'] },
    { whole: 'sent', parts: ['echoed', 'outstanding', 'lost'], added: ['unawaited'] },
  ],
  // An echo counts if its message was sent in the steady phase, even if it arrives during the drain.
  phasesRead: ECHO_PHASES,
  hasHttpLeg: true,
  takesTurns: true,
  metrics: ECHO_METRICS,
  // Most of the weight is on the two metrics that should best show the effect of a change to Nginx and that
  // vary least. The others have just enough weight to get a verdict with ten rounds.
  compared: [
    { name: 'cpuPerMessage.proxy', step: 'throughput', weight: 40, headline: true },
    { name: 'response.p50', step: 'latency', weight: 36, headline: true },
    { name: 'messages.perSecond', step: 'throughput', weight: 4, headline: false },
    { name: 'cpuPerMessage.proxy', step: 'latency', weight: 4, headline: false },
    { name: 'response.p99', step: 'latency', weight: 4, headline: false },
    { name: 'handshake.p50', step: 'throughput', weight: 4, headline: false },
    { name: 'cpuPerConnection.proxy', step: 'throughput', weight: 4, headline: false },
    { name: 'memoryPerConnection.proxy', step: 'throughput', weight: 4, headline: false },
  ],
  listed: [
    { name: 'messages.perSecond', step: 'throughput', label: '' },
    { name: 'response.p50', step: 'latency', label: 'p50 ' },
    { name: 'response.p99', step: 'latency', label: 'p99 ' },
  ],
  priced: [
    { name: 'messages.perSecond', step: 'throughput' },
    { name: 'cpuPerMessage.total', step: 'throughput' },
    { name: 'response.p50', step: 'latency' },
    { name: 'response.p90', step: 'latency' },
    { name: 'response.p99', step: 'latency' },
    { name: 'response.p999', step: 'latency' },
    { name: 'cpuPerMessage.total', step: 'latency' },
    { name: 'handshake.p50', step: 'throughput' },
    { name: 'cpuPerConnection.total', step: 'throughput' },
    { name: 'memoryPerConnection.total', step: 'throughput' },
  ],
  doubts: ['nothing-echoed', 'losses', 'stall', 'disturbance', 'send-lag', 'schedule', 'limit'],
} as const satisfies ScenarioDefinition;
