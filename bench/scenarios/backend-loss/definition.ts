import { COMEBACK_NAMES } from '../../load/sessions/comeback.ts';
import { BACKEND_GAUGES, MOST_BACKENDS } from '../../measure/backends.ts';
import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { ECHO_METRICS } from '../echo/metrics.ts';
import { RECONNECT_OPTION } from '../reconnect-option.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, OF_COMEBACK, USUAL } from '../usual.ts';
import { BACKEND_LOSS_METRICS } from './metrics.ts';

const WARMUP_MS = 1000;
/**
 * Durations in ms: the steady load before the loss, the loss itself, and the time after the server returns.
 */
const BEFORE_MS = 5000;
const GONE_MS = 10_000;
const AFTER_MS = 10_000;
/** Index of the server that is lost, from 0. */
const LOST = 0;

/**
 * One of several echo servers is killed or stopped during a steady echo load, and returns later. Shows what is
 * lost, which servers take over the clients, and whether the lost server ever regains its share of the
 * connections.
 */
export const backendLoss = {
  ...USUAL,
  name: 'backend-loss',
  title: 'Loss of a backend',
  question: 'What happens to WebSockets when one of several backends is gone for a while?',
  steps: [{ name: 'backend-loss', load: 'open', server: 'ws' }],
  options: {
    loss: {
      value: 'kill|stop',
      kind: 'choice',
      choices: ['kill', 'stop'],
      default: 'kill',
      help: 'backend-loss: kill the server, or make it hang [kill]',
    },
    reconnect: RECONNECT_OPTION,
  },
  excluded: ['baseline', 'in-flight', 'duration', 'warmup', 'no-http'],
  lengths: () => ({ warmupMs: WARMUP_MS, durationMs: BEFORE_MS + GONE_MS + AFTER_MS }),
  defaultRate: () => 1000,
  timeline: (_step, { loss }) => [
    {
      atMs: WARMUP_MS + BEFORE_MS,
      action: { kind: loss === 'stop' ? 'stop-server' : 'kill-server', server: LOST },
    },
    {
      atMs: WARMUP_MS + BEFORE_MS + GONE_MS,
      action: { kind: loss === 'stop' ? 'continue-server' : 'start-server', server: LOST },
    },
  ],
  servers: { least: 2, most: MOST_BACKENDS },
  recorded: {
    counters: [...MESSAGE_NAMES.counters, ...COMEBACK_NAMES.counters, 'ended', 'retried'],
    gauges: [...MESSAGE_NAMES.gauges, ...COMEBACK_NAMES.gauges, ...BACKEND_GAUGES, 'unplaced'],
    histograms: [...MESSAGE_NAMES.histograms, ...COMEBACK_NAMES.histograms],
  },
  conservation: [
    ...ECHO_EQUATIONS,
    OF_COMEBACK,
    { whole: 'opened', parts: [...BACKEND_GAUGES, 'unplaced', 'ended'] },
  ],
  phasesRead: ECHO_PHASES,
  metrics: [...ECHO_METRICS, ...BACKEND_LOSS_METRICS],
  compared: [
    { name: 'outage.p50', step: 'backend-loss', weight: 40, headline: true },
    { name: 'outage.p99', step: 'backend-loss', weight: 40, headline: true },
    { name: 'response.p50', step: 'backend-loss', weight: 20, headline: false },
  ],
  listed: [
    { name: 'messages.lost', step: 'backend-loss', label: 'messages lost ' },
    { name: 'outage.p50', step: 'backend-loss', label: 'outage p50 ' },
    { name: 'backendLoss.share', step: 'backend-loss', label: 'connections on the recovered server ' },
  ],
  doubts: ['nothing-echoed', 'uneven-before', 'disturbance', 'send-lag'],
} as const satisfies ScenarioDefinition;
