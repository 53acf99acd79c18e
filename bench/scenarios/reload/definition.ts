import { COMEBACK_NAMES } from '../../load/sessions/comeback.ts';
import { MESSAGE_NAMES } from '../../measure/messages.ts';
import type { ScenarioOptions } from '../../model/load.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Action } from '../../model/timeline.ts';
import type { ScenarioDefinition } from '../definition.ts';
import { ECHO_METRICS } from '../echo/metrics.ts';
import { RECONNECT_OPTION } from '../reconnect-option.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, OF_COMEBACK, USUAL } from '../usual.ts';
import { RELOAD_METRICS } from './metrics.ts';

/** Duration of the steady load before the first reload and after the last interval, in ms. */
const BEFORE_MS = 5000;
const AFTER_MS = 5000;
const WARMUP_MS = 1000;

/** Returns when reloads are due, in ms since the start of the warm-up. */
export function reloadsAt({ reloads, 'reload-every': everyMs }: ScenarioOptions): number[] {
  return Array.from({ length: Number(reloads) }, (_, i) => WARMUP_MS + BEFORE_MS + i * Number(everyMs));
}

/**
 * Special values of `--upgrade`, used instead of the name of a binary: one for Nginx's own binary, and one
 * for no upgrade (the default).
 */
const SAME = 'same';
const NO_UPGRADE = 'none';

/** Returns the name of the binary to upgrade to; null if Nginx upgrades to its own binary, undefined for a reload. */
export function upgradeOf({ upgrade = NO_UPGRADE }: ScenarioOptions): string | null | undefined {
  if (upgrade === NO_UPGRADE) return undefined;
  return upgrade === SAME ? null : String(upgrade).replace(/^@/, '');
}

/**
 * Nginx reloads its configuration during a steady echo load. Shows which WebSockets are cut, how soon their
 * clients reconnect, how long the old workers keep running, and how much memory they use.
 */
export const reload = {
  ...USUAL,
  name: 'reload',
  title: 'Reload under load',
  question: `What does a reload of ${PROXY} do to open WebSockets?`,
  steps: [{ name: 'reload', load: 'open', server: 'ws' }],
  options: {
    reloads: {
      value: 'N',
      kind: 'count',
      least: 1,
      most: 100,
      default: 1,
      help: 'reload: number of reloads [1]',
    },
    'reload-every': {
      value: 'TIME',
      kind: 'duration',
      leastMs: 1000,
      default: 15_000,
      help: 'reload: time between reloads, and after the last [15s]',
    },
    upgrade: {
      value: '[NAME]',
      kind: 'text',
      optional: /^@?[A-Za-z0-9][A-Za-z0-9._-]*$/,
      pattern: /^@?[A-Za-z0-9][A-Za-z0-9._-]*$/,
      expected: `the name of an ${PROXY}, as in --nginx NAME=PATH`,
      bare: SAME,
      default: NO_UPGRADE,
      excludes: ['reloads'],
      help: 'reload: instead of a reload, upgrade to the same or another binary',
    },
    reconnect: RECONNECT_OPTION,
  },
  excluded: ['baseline', 'in-flight', 'duration', 'warmup', 'no-http'],
  lengths: (_step, { reloads, 'reload-every': everyMs }) => ({
    warmupMs: WARMUP_MS,
    durationMs: BEFORE_MS + Number(reloads) * Number(everyMs) + AFTER_MS,
  }),
  defaultRate: () => 1000,
  timeline(_step, options) {
    const to = upgradeOf(options);
    const action: Action = to === undefined ? { kind: 'reload' } : { kind: 'upgrade', to };
    return reloadsAt(options).map((atMs) => ({ atMs, action }));
  },
  recorded: {
    counters: [...MESSAGE_NAMES.counters, ...COMEBACK_NAMES.counters],
    gauges: [...MESSAGE_NAMES.gauges, ...COMEBACK_NAMES.gauges, 'first'],
    histograms: [...MESSAGE_NAMES.histograms, ...COMEBACK_NAMES.histograms, 'cutAfter', 'backAfter'],
  },
  conservation: [...ECHO_EQUATIONS, OF_COMEBACK],
  phasesRead: ECHO_PHASES,
  metrics: [...ECHO_METRICS, ...RELOAD_METRICS],
  compared: [
    { name: 'backAfter.p99', step: 'reload', weight: 40, headline: true },
    { name: 'peak.memory', step: 'reload', weight: 40, headline: true },
    { name: 'response.p50', step: 'reload', weight: 20, headline: false },
  ],
  listed: [
    { name: 'connections.cut', step: 'reload', label: 'connections cut ' },
    { name: 'outage.p50', step: 'reload', label: 'outage p50 ' },
    { name: 'peak.memory', step: 'reload', label: `peak ${PROXY} memory ` },
  ],
  doubts: ['nothing-echoed', 'disturbance', 'send-lag'],
} as const satisfies ScenarioDefinition;
