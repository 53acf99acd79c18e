import { total } from '../measure/arithmetic.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Summary } from '../measure/histogram.ts';
import { PROXY } from '../model/proxy.ts';
import { MEASURED, type Run } from '../model/run.ts';
import { notCompleted } from './fitness.ts';
import type { Metric } from './metric.ts';

/**
 * Factories for groups of similar metrics. The registry uses them, and scenarios use them for their own
 * metrics.
 */

type Statistic = Exclude<keyof Summary, 'count'>;

const STATISTICS: Record<Statistic, string> = {
  min: 'minimum',
  mean: 'mean',
  p50: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
  p999: 'p99.9',
  p9999: 'p99.99',
  max: 'maximum',
};

/** Statistics that can be dominated by a few late messages. */
const TAIL: readonly string[] = ['p99', 'p999', 'p9999', 'max'];

/** Reports whether a statistic can be dominated by a few late messages. */
export function isTail(statistic: string): boolean {
  return TAIL.includes(statistic);
}

/**
 * Properties shared by all statistics of one duration. `unfit` may differ for the tail of the distribution.
 */
export interface TimeKind extends Pick<Metric, 'step' | 'needs'> {
  name: string;
  /** Human-readable name, such as `response time`. */
  title: string;
  read(figures: RunFigures): Summary | null | undefined;
  unfit: Metric['unfit'] | { middle: Metric['unfit']; tail: Metric['unfit'] };
}

/** Creates one metric for each statistic of a duration, in µs. */
export function times({ name, title, read, unfit, ...kind }: TimeKind): Metric[] {
  return (Object.keys(STATISTICS) as Statistic[]).map((statistic) => ({
    ...kind,
    name: `${name}.${statistic}`,
    title: `${title} ${STATISTICS[statistic]}`,
    unit: 'time',
    better: 'lower',
    kind: 'speed',
    read: (figures) => read(figures)?.[statistic] ?? null,
    unfit: typeof unfit === 'function' ? unfit : isTail(statistic) ? unfit.tail : unfit.middle,
  }));
}

/** Defaults for most metrics: available in every step, without prerequisites. */
export const PLAIN = { step: null, needs: [] } as const;

/** Creates a metric for a plain number that every completed run provides. */
export function count(name: string, title: string, better: Metric['better'], read: Metric['read']): Metric {
  return { ...PLAIN, name, title, unit: 'count', better, kind: 'usage', unfit: notCompleted, read };
}

/** A component that takes part in the measured work. */
export type Part = (typeof MEASURED)[number];

const PARTS: Record<Part | 'total', string> = {
  proxy: `${PROXY} `,
  server: 'echo server ',
  generator: 'generator ',
  total: '',
};

/** Creates one metric per component and one for their total. */
export function usage(
  group: string,
  title: string,
  unit: 'time' | 'bytes',
  read: (figures: RunFigures, part: Part) => number | null,
  unfit: Metric['unfit'],
): Metric[] {
  return ([...MEASURED, 'total'] as const).map(
    (part): Metric => ({
      ...PLAIN,
      name: `${group}.${part}`,
      title: `${PARTS[part]}${title}`,
      unit,
      better: 'lower',
      kind: 'usage',
      needs: part === 'proxy' ? ['proxy'] : [],
      read: (figures, plan) =>
        part === 'total' ? totalOf(plan, (each) => read(figures, each)) : read(figures, part),
      unfit,
    }),
  );
}

/**
 * Adds up the values of the proxy (if any), the echo servers and the generators, because a proxy shifts work
 * from one of them to another. A generator that spins until the next message is due is excluded, because it
 * is always equally busy.
 */
function totalOf(
  { proxy, pacing }: Pick<Run['plan'], 'proxy' | 'pacing'>,
  read: (part: Part) => number | null,
): number | null {
  const parts = MEASURED.filter(
    (part) => part === 'server' || (part === 'proxy' ? proxy !== null : pacing !== 'spin'),
  );
  const known = parts.flatMap((part) => read(part) ?? []);
  return known.length < parts.length ? null : total(known);
}
