import { total } from '../measure/arithmetic.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Summary } from '../measure/histogram.ts';
import { MEASURED, type Run } from '../model/run.ts';
import { notCompleted } from './fitness.ts';
import type { Metric } from './metric.ts';

/** How metrics of one kind are made: by the registry, and by scenarios for those of their own. */

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

/** A few late messages decide these. */
const TAIL: readonly string[] = ['p99', 'p999', 'p9999', 'max'];

/** What all statistics of one time have in common; `unfit` depends on whether it is of the tail. */
export interface TimeKind extends Pick<Metric, 'step' | 'needs'> {
  name: string;
  /** As a person would call it: `response time`. */
  title: string;
  read(figures: RunFigures): Summary | null | undefined;
  unfit: Metric['unfit'] | { middle: Metric['unfit']; tail: Metric['unfit'] };
}

/** A metric for each statistic of a time, in µs. */
export function times({ name, title, read, unfit, ...kind }: TimeKind): Metric[] {
  return (Object.keys(STATISTICS) as Statistic[]).map((statistic) => ({
    ...kind,
    name: `${name}.${statistic}`,
    title: `${title} ${STATISTICS[statistic]}`,
    unit: 'time',
    better: 'lower',
    kind: 'speed',
    read: (figures) => read(figures)?.[statistic] ?? null,
    unfit: typeof unfit === 'function' ? unfit : TAIL.includes(statistic) ? unfit.tail : unfit.middle,
  }));
}

/** What most metrics are: of the same question in each step, and without needs. */
export const PLAIN = { step: null, needs: [] } as const;

/** A plain number that every completed run has. */
export function count(name: string, title: string, better: Metric['better'], read: Metric['read']): Metric {
  return { ...PLAIN, name, title, unit: 'count', better, kind: 'usage', unfit: notCompleted, read };
}

/** A component, of those that do the work. */
export type Part = (typeof MEASURED)[number];

const PARTS: Record<Part | 'total', string> = {
  proxy: 'Nginx ',
  server: 'echo server ',
  generator: 'generator ',
  total: '',
};

/** A figure of each component, and of all that do the work. */
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
 * Nginx, if there is one, echo servers and generators: a proxy takes work off the one and puts it on the other. A
 * generator that spins until the next message is due is left out, because it is always equally busy.
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
