import { PROXY } from '../../model/proxy.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { USUAL } from '../usual.ts';
import { IDLE_METRICS } from './metrics.ts';

/**
 * Default and largest size of the message in bytes. It is larger than any default buffer of Nginx, so that both
 * buffers of a connection are fully used.
 */
export const TOUCH_BYTES = 65_536;

/** Duration of the step that only measures memory, in ms. It begins when the connections are open. */
const TOUCHED_MS = 1000;

/**
 * Silent connections. Shows how many are still open after a while, which side closed the others, and how much
 * memory an open connection uses, both untouched and after one large message.
 */
export const idle = {
  ...USUAL,
  name: 'idle',
  title: 'Idle connections',
  question: 'How long do silent connections stay open, and how much memory does each take?',
  steps: [
    { name: 'hold', load: null, server: 'lean' },
    { name: 'touched', load: null, server: 'lean' },
  ],
  options: {
    hold: {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 75_000,
      help: 'idle: for how long connections stay silent [75s]',
    },
    ping: {
      value: 'none|client|server',
      kind: 'choice',
      choices: ['none', 'client', 'server'],
      default: 'none',
      help: 'idle: which side sends WebSocket pings [none]',
    },
    'ping-every': {
      value: 'TIME',
      kind: 'duration',
      leastMs: 100,
      default: 20_000,
      help: 'idle: time between pings [20s]',
    },
    touch: {
      value: 'BYTES',
      kind: 'count',
      least: 1,
      most: TOUCH_BYTES,
      default: TOUCH_BYTES,
      help: 'idle: size of the message in the touched step [65536]',
    },
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
  lengths: (step, { hold }) => ({ warmupMs: 0, durationMs: step === 'hold' ? Number(hold) : TOUCHED_MS }),
  recorded: {
    counters: ['ended', 'touched', 'pings', 'pongs', 'pingsLost'],
    gauges: ['held', 'pingsOutstanding'],
    histograms: ['lifetime', 'pong'],
  },
  conservation: [
    { whole: 'pings', parts: ['pongs', 'pingsOutstanding', 'pingsLost'] },
    { whole: 'opened', parts: ['held', 'ended'] },
  ],
  phasesRead: {},
  openingStages: 5,
  largestMessage: () => TOUCH_BYTES,
  serverArguments: ({ ping, 'ping-every': everyMs }) =>
    ping === 'server' ? ['--ping', String(everyMs)] : [],
  metrics: IDLE_METRICS,
  compared: [
    { name: 'idleMemory.proxy', step: 'hold', weight: 40, headline: true },
    { name: 'idleMemory.proxy', step: 'touched', weight: 40, headline: true },
    { name: 'idleMemory.kernel', step: 'hold', weight: 10, headline: false },
    { name: 'idleMemory.kernel', step: 'touched', weight: 10, headline: false },
  ],
  listed: [
    { name: 'idle.survived', step: 'hold', label: 'still open ' },
    { name: 'idleMemory.proxy', step: 'hold', label: `${PROXY} memory per connection ` },
    { name: 'idleMemory.proxy', step: 'touched', label: 'touched ' },
  ],
  doubts: [],
} as const satisfies ScenarioDefinition;
