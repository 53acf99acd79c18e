import { total } from '../measure/arithmetic.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Summary } from '../measure/histogram.ts';
import type { Step } from '../model/plan.ts';
import { HISTOGRAMS, type HistogramName } from '../model/recording.ts';
import { MEASURED, type Run } from '../model/run.ts';
import {
  incomplete,
  incompleteOrOffSchedule,
  invalid,
  limitedElsewhere,
  notCompleted,
  offSchedule,
} from './fitness.ts';
import type { Metric, Need, RunFacts } from './metric.ts';

type Timed = HistogramName | 'http';

const TIMES: Record<Timed, string> = {
  tcp: 'TCP connect time',
  tls: 'TLS handshake time',
  upgrade: 'HTTP upgrade time',
  handshake: 'handshake time',
  response: 'response time',
  service: 'service time',
  sendLag: 'send lag',
  http: 'HTTP response time',
};

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

/** Of messages. The times of handshakes and GETs are taken while nothing else goes on, in either step. */
const ANSWERED_BY_LATENCY: readonly string[] = ['response', 'service', 'sendLag'];

function time(name: Timed, statistic: Statistic): Metric {
  const isTail = TAIL.includes(statistic);
  return {
    name: `${name}.${statistic}`,
    title: `${TIMES[name]} ${STATISTICS[statistic]}`,
    unit: 'time',
    better: 'lower',
    kind: 'speed',
    step: ANSWERED_BY_LATENCY.includes(name) ? 'latency' : null,
    needs: name === 'http' ? ['http'] : name === 'response' || name === 'sendLag' ? ['schedule'] : [],
    read: ({ latencies, http }) => (name === 'http' ? http?.latency : latencies[name])?.[statistic] ?? null,
    unfit: {
      response: isTail ? invalid : offSchedule,
      service: isTail ? invalid : limitedElsewhere,
      sendLag: notCompleted,
      tcp: incomplete,
      tls: incomplete,
      upgrade: incomplete,
      handshake: incomplete,
      http: notCompleted,
    }[name],
  };
}

function count(name: string, title: string, better: Metric['better'], read: Metric['read']): Metric {
  return { ...PLAIN, name, title, unit: 'count', better, kind: 'usage', unfit: notCompleted, read };
}

const PLAIN = { step: null, needs: [] } as const;

const RATES: readonly Metric[] = [
  {
    ...PLAIN,
    name: 'messages.perSecond',
    title: 'throughput',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    read: ({ messages }) => messages.perSecond,
    unfit: limitedElsewhere,
  },
  {
    ...PLAIN,
    name: 'perCoreCapacity',
    title: 'Nginx per-core capacity',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    step: 'throughput',
    needs: ['proxy', 'closed-loop'],
    read: ({ perCoreCapacity }) => perCoreCapacity?.perSecond ?? null,
    unfit: incomplete,
  },
  {
    ...PLAIN,
    name: 'http.requestsPerSecond',
    title: 'HTTP requests per second',
    unit: 'rate',
    better: 'higher',
    kind: 'speed',
    needs: ['http'],
    read: ({ http }) => http?.requestsPerSecond ?? null,
    unfit: notCompleted,
  },
];

const COUNTS: readonly Metric[] = [
  count('messages.sent', 'messages sent', null, ({ messages }) => messages.sent),
  count('messages.echoed', 'messages echoed', null, ({ messages }) => messages.echoed),
  count('messages.outstanding', 'messages outstanding', 'lower', ({ messages }) => messages.outstanding),
  count('messages.lost', 'messages lost', 'lower', ({ messages }) => messages.lost),
  count('connections.asked', 'connections asked for', null, ({ connections }) => connections.asked),
  count('connections.opened', 'connections opened', 'higher', ({ connections }) => connections.opened),
  count('connections.failed', 'connections failed', 'lower', ({ connections }) => connections.failed),
];

type Part = (typeof MEASURED)[number];

const PARTS: Record<Part | 'total', string> = {
  proxy: 'Nginx ',
  server: 'echo server ',
  generator: 'generator ',
  total: '',
};

/** A figure of one component, or of all that do the work. */
function usage(
  group: string,
  title: string,
  unit: 'time' | 'bytes',
  read: (figures: RunFigures, part: Part) => number | null,
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
      unfit: group === 'cpuPerMessage' ? incompleteOrOffSchedule : incomplete,
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

/** Of all processes of a component, at the end of the steady phase; null where it has none, or one was not seen. */
function residentBytes({ processes }: RunFigures, part: Part): number | null {
  const own = processes.filter(({ component }) => component === part);
  const seen = own.flatMap((process) => process.residentBytes ?? []);
  return own.length === 0 || seen.length < own.length ? null : total(seen);
}

/** Every metric there is, in the order in which `--help` lists them. */
export const METRICS: readonly Metric[] = [
  ...([...HISTOGRAMS, 'http'] as const).flatMap((name) =>
    (Object.keys(STATISTICS) as Statistic[]).map((statistic) => time(name, statistic)),
  ),
  ...COUNTS,
  ...RATES,
  ...usage('cpuPerMessage', 'CPU per message', 'time', (figures, part) => figures.cpuUsPerMessage[part]),
  ...usage(
    'cpuPerConnection',
    'CPU per handshake',
    'time',
    ({ connect }, part) => connect.cpuUsPerConnection[part],
  ),
  ...usage(
    'memoryPerConnection',
    'memory per connection',
    'bytes',
    (figures, part) => figures.memoryPerConnectionBytes[part],
  ),
  ...usage('memory', 'memory', 'bytes', residentBytes),
];

const BY_NAME = new Map(METRICS.map((metric) => [metric.name, metric]));

/** Undefined for a name that older results may have, or that is none. */
export function findMetric(name: string): Metric | undefined {
  return BY_NAME.get(name);
}

/** @throws Error for a name that is not in the registry: one of ours that is misspelt */
export function metricNamed(name: string): Metric {
  const metric = findMetric(name);
  if (metric === undefined) throw new Error(`No metric is called ${name}.`);
  return metric;
}

/** With the step behind it where it is not of the step that answers it: `Nginx CPU per message, latency step`. */
export function metricTitle({ name, step }: { name: string; step: Step }): string {
  const metric = findMetric(name);
  if (metric === undefined) return `${name}, ${step} step`;
  const usual = metric.step ?? 'throughput';
  return step === usual ? metric.title : `${metric.title}, ${step} step`;
}

/** All metrics of a run by name, in base units; null where the run does not give one. */
export function metricsOf(figures: RunFigures, plan: Run['plan']): Record<string, number | null> {
  return Object.fromEntries(METRICS.map(({ name, read }) => [name, read(figures, plan)]));
}

/** The steps in which a metric is to be checked: the one that answers it where that is asked for, else all. */
export function stepsAnswering(name: string, steps: readonly Step[]): readonly Step[] {
  const step = findMetric(name)?.step ?? null;
  return step !== null && steps.includes(step) ? [step] : steps;
}

/** What a metric needs and a run with these things lacks; undefined if it lacks nothing. */
export function lackingNeed(name: string, has: Readonly<Record<Need, boolean>>): Need | undefined {
  return findMetric(name)?.needs.find((need) => !has[need]);
}

/** What a planned run has of what metrics need. */
export function needsMet({ workload, http, proxy }: Run['plan']): Record<Need, boolean> {
  const isOpen = workload.load.kind === 'open';
  return { schedule: isOpen, 'closed-loop': !isOpen, http: http !== null, proxy: proxy !== null };
}

/** What fitness rules look at, of a run and its figures. */
export function factsOf({ plan, outcome, validity }: Run, figures: RunFigures): RunFacts {
  const { variant, step, round } = plan;
  return { variant, step, round, outcome, validity, metrics: metricsOf(figures, plan) };
}
