import { isDeepStrictEqual } from 'node:util';
import { MESSAGE_NAMES } from '../measure/messages.ts';
import type { Declaration } from '../model/declaration.ts';
import { metricOf } from './declared-metric.ts';
import type { DoubtName, ScenarioDefinition } from './definition.ts';
import { ECHO_METRICS } from './echo/metrics.ts';
import { COMEBACK_METRICS } from './storm/metrics.ts';
import { ECHO_EQUATIONS, ECHO_PHASES, OF_COMEBACK, USUAL } from './usual.ts';

/** Messages per second in a step with a schedule, if nothing else determines the rate. */
const USUAL_RATE = 1000;
const USUAL_CONNECTIONS = 100;

/** Returns whether the clients of a declared scenario reconnect. If they do, a lost connection is not a fault. */
function reconnects({ conservation }: Pick<Declaration, 'conservation'>): boolean {
  return conservation.some((equation) => isDeepStrictEqual(equation, OF_COMEBACK));
}

/** Returns whether any step of a declared scenario sends messages in a loop or on a schedule. */
export function sendsMessages({ steps }: Pick<Declaration, 'steps'>): boolean {
  return steps.some(({ load }) => load !== null);
}

/**
 * Returns the definition that follows from a declaration alone, without the scenario's file. It is sufficient
 * for reading and reporting results, and supplies the defaults for what a file leaves out.
 */
export function declaredDefinition(declared: Declaration): ScenarioDefinition {
  const { recorded, conservation, phasesRead, metrics, usesPayload, ...rest } = declared;
  const sends = sendsMessages(declared);
  const has = (kind: 'open' | 'closed') => declared.steps.some(({ load }) => load === kind);
  const ofMessages = sends ? MESSAGE_NAMES : { counters: [], gauges: [], histograms: [] };
  return {
    ...USUAL,
    ...rest,
    declared,
    excluded: [
      'baseline',
      'no-http',
      ...(usesPayload ? [] : ['payload', 'type']),
      ...(has('open') ? [] : ['rate', 'arrivals']),
      ...(has('closed') ? [] : ['in-flight']),
    ],
    defaults: { connections: USUAL_CONNECTIONS, payload: '64' },
    // With both kinds of loop, the rate is derived from the throughput of the closed loop.
    defaultRate: () => (has('open') && !has('closed') ? USUAL_RATE : null),
    recorded: {
      counters: [...ofMessages.counters, ...recorded.counters],
      gauges: [...ofMessages.gauges, ...recorded.gauges],
      histograms: [...ofMessages.histograms, ...recorded.histograms],
    },
    conservation: [...(sends ? ECHO_EQUATIONS : []), ...conservation],
    phasesRead: { ...(sends ? ECHO_PHASES : {}), ...phasesRead },
    metrics: [
      ...(sends ? ECHO_METRICS : []),
      ...(reconnects(declared) ? COMEBACK_METRICS : []),
      ...metrics.map(metricOf),
    ],
    doubts: reconnects(declared)
      ? OF_RETURNING
      : sends
        ? [...OF_MESSAGES, ...OF_CONNECTIONS]
        : OF_CONNECTIONS,
  };
}

const OF_MESSAGES: readonly DoubtName[] = ['nothing-echoed', 'stall', 'send-lag', 'schedule'];
const OF_RETURNING: readonly DoubtName[] = ['nothing-echoed', 'disturbance', 'send-lag'];
const OF_CONNECTIONS: readonly DoubtName[] = ['losses', 'disturbance', 'limit'];

/**
 * Returns the contradiction between two declarations of the same scenario; null if either declaration can be
 * used to read the results of both. Additions and changed texts are not contradictions.
 */
export function disagreement(one: Declaration, other: Declaration): string | null {
  return (
    differing('step', one.steps, other.steps, ({ name }) => name) ??
    differing(
      'metric',
      one.metrics,
      other.metrics,
      ({ name }) => name,
      ({ of, unit }) => [of, unit],
    ) ??
    differing('equation of', one.conservation, other.conservation, ({ whole }) => whole)
  );
}

function differing<T>(
  what: string,
  ones: readonly T[],
  others: readonly T[],
  nameOf: (each: T) => string,
  meaningOf: (each: T) => unknown = (each) => each,
): string | null {
  for (const one of ones) {
    const other = others.find((each) => nameOf(each) === nameOf(one));
    if (other !== undefined && JSON.stringify(meaningOf(one)) !== JSON.stringify(meaningOf(other)))
      return `the ${what} ${nameOf(one)}`;
  }
  return null;
}

/**
 * Merges two declarations. If both have an entry of the same name, the entry of the first declaration is
 * used. All metrics that are evaluated in comparisons come from the first.
 */
export function united(one: Declaration, other: Declaration): Declaration {
  const all = (names: 'counters' | 'gauges' | 'histograms') => [
    ...new Set([...one.recorded[names], ...other.recorded[names]]),
  ];
  const added = <T>(ones: readonly T[], others: readonly T[], nameOf: (each: T) => string): T[] => {
    const names = new Set(ones.map(nameOf));
    return [...ones, ...others.filter((each) => !names.has(nameOf(each)))];
  };
  return {
    ...one,
    steps: added(one.steps, other.steps, ({ name }) => name),
    recorded: { counters: all('counters'), gauges: all('gauges'), histograms: all('histograms') },
    conservation: added(one.conservation, other.conservation, ({ whole }) => whole),
    phasesRead: { ...other.phasesRead, ...one.phasesRead },
    metrics: added(one.metrics, other.metrics, ({ name }) => name),
    listed: added(one.listed, other.listed, ({ name, step }) => `${step} ${name}`),
  };
}
