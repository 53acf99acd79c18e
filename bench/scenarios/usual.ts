import type { ScenarioDefinition } from './definition.ts';

/** What most scenarios have in common. A definition begins with it, and states only what differs. */
export const USUAL = {
  options: {},
  lengths: () => null,
  defaults: { connections: 1000, payload: '64' },
  defaultRate: () => null,
  problemOf: () => null,
  timeline: () => [],
  servers: null,
  openingStages: 1,
  samplesQueues: false,
  hasHttpLeg: false,
  takesTurns: false,
  largestMessage: ({ maxBytes }) => maxBytes,
  serverArguments: () => [],
} as const satisfies Partial<ScenarioDefinition>;

/** Equations that hold wherever clients send messages and wait for the echo of each. */
export const ECHO_EQUATIONS = [
  { whole: 'due', parts: ['sent', 'unsent', 'queued'] },
  { whole: 'sent', parts: ['echoed', 'outstanding', 'lost'] },
] as const;

/** Phases from which times are read that count if they begin in the steady phase, even if they end during the drain. */
export const STEADY_AND_DRAIN = ['steady', 'drain'] as const;

/** Phases from which the times of echoes are read. */
export const ECHO_PHASES = {
  response: STEADY_AND_DRAIN,
  service: STEADY_AND_DRAIN,
  sendLag: STEADY_AND_DRAIN,
} as const;

/** Equation that holds wherever clients reconnect. */
export const OF_COMEBACK = { whole: 'cut', parts: ['back', 'waiting'] } as const;
