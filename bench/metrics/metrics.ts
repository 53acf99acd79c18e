import { total } from '../measure/arithmetic.ts';
import { knownFigures, type RunFigures } from '../measure/figures.ts';
import { remembered } from '../measure/remembered.ts';
import type { Step } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { expectationOf } from '../model/target.ts';
import { addedScenarios, SCENARIOS } from '../scenarios/registry.ts';
import { incomplete, notCompleted } from './fitness.ts';
import { count, type Part, PLAIN, times, usage } from './kinds.ts';
import type { Metric, Need, RunFacts } from './metric.ts';

/** Titles of the individual handshake stages and of the entire handshake. */
const HANDSHAKES = {
  tcp: 'TCP connect time',
  tls: 'TLS handshake time',
  upgrade: 'HTTP upgrade time',
  handshake: 'handshake time',
} as const;

const CONNECTIONS: readonly Metric[] = [
  count('connections.asked', 'connections requested', null, ({ connections }) => connections.asked),
  count('connections.opened', 'connections opened', 'higher', ({ connections }) => connections.opened),
  count('connections.failed', 'connections failed', 'lower', ({ connections }) => connections.failed),
];

const HTTP_RATE: Metric = {
  ...PLAIN,
  name: 'http.requestsPerSecond',
  title: 'HTTP requests per second',
  unit: 'rate',
  better: 'higher',
  kind: 'speed',
  needs: ['http'],
  read: ({ http }) => http?.requestsPerSecond ?? null,
  unfit: notCompleted,
};

/**
 * Sums the resident memory of a component's processes at the end of the steady phase; null if it has no
 * processes, or if any was not sampled.
 */
function residentBytes({ processes }: RunFigures, part: Part): number | null {
  const own = processes.filter(({ component }) => component === part);
  const seen = own.flatMap((process) => process.residentBytes ?? []);
  return own.length === 0 || seen.length < own.length ? null : total(seen);
}

/** The metrics of all runs, and those of the built-in scenarios. `--help` lists them in this order. */
export const METRICS: readonly Metric[] = [
  ...(Object.keys(HANDSHAKES) as (keyof typeof HANDSHAKES)[]).flatMap((name) =>
    times({
      ...PLAIN,
      name,
      title: HANDSHAKES[name],
      read: ({ latencies }) => latencies[name],
      unfit: incomplete,
    }),
  ),
  ...times({
    ...PLAIN,
    name: 'http',
    title: 'HTTP response time',
    needs: ['http'],
    read: ({ http }) => http?.latency,
    unfit: notCompleted,
  }),
  ...CONNECTIONS,
  HTTP_RATE,
  ...usage(
    'cpuPerConnection',
    'CPU per handshake',
    'time',
    ({ connect }, part) => connect.cpuUsPerConnection[part],
    incomplete,
  ),
  ...usage(
    'memoryPerConnection',
    'memory per connection',
    'bytes',
    (figures, part) => figures.memoryPerConnectionBytes[part],
    incomplete,
  ),
  ...usage('memory', 'memory', 'bytes', residentBytes, incomplete),
  // Several scenarios may share a metric.
  ...new Set(SCENARIOS.flatMap(({ metrics }) => metrics)),
];

const BY_NAME = new Map(METRICS.map((metric) => [metric.name, metric]));

/** Looks up a metric. Undefined if the name is unknown, or occurs only in older results. */
export function findMetric(name: string): Metric | undefined {
  return BY_NAME.get(name) ?? addedMetrics().find((metric) => metric.name === name);
}

/** Returns the metrics of the user's own scenarios. */
export function addedMetrics(): readonly Metric[] {
  return addedScenarios().flatMap(({ metrics }) => metrics.filter(({ name }) => !BY_NAME.has(name)));
}

/** @throws Error if the name is not in the registry, which would be a typo in our own code */
export function metricNamed(name: string): Metric {
  const metric = findMetric(name);
  if (metric === undefined) throw new Error(`No metric is called ${name}.`);
  return metric;
}

/**
 * Returns a metric's title. If the step is not the metric's usual one, the step is appended, as in `Nginx CPU
 * per message, latency step`.
 */
export function metricTitle({ name, step }: { name: string; step: Step }): string {
  const title = findMetric(name)?.title;
  if (title === undefined) return `${name}, ${step} step`;
  return isUsualStep({ name, step }) ? title : `${title}, ${step} step`;
}

/**
 * Reports whether the given step is the one from which a metric is usually read: the metric's own step or, if
 * it has none, the first step of the scenario.
 */
export function isUsualStep({ name, step }: { name: string; step: Step }): boolean {
  const usual =
    findMetric(name)?.step ??
    SCENARIOS.find(({ steps }) => steps.some(({ name }) => name === step))?.steps[0]?.name;
  return step === usual;
}

/**
 * Returns the step from which a scenario's metric is usually read: the metric's own step or, if it has none,
 * the scenario's first step.
 */
export function usualStep(metric: Metric): Step {
  const step = metric.step ?? SCENARIOS.find(({ metrics }) => metrics.includes(metric))?.steps[0]?.name;
  if (step === undefined) throw new Error(`No scenario has the metric ${metric.name}.`);
  return step;
}

/** Returns all metrics of a run by name, in base units; null for a metric that the run does not provide. */
export function metricsOf(figures: RunFigures, plan: Run['plan']): Record<string, number | null> {
  const own = addedScenarios().find(({ name }) => name === plan.workload.scenario)?.metrics ?? [];
  return Object.fromEntries([...METRICS, ...own].map(({ name, read }) => [name, read(figures, plan)]));
}

/**
 * Returns the requested steps in which to evaluate a metric: only the metric's own step if it was requested,
 * otherwise all of them.
 */
export function stepsAnswering(name: string, steps: readonly Step[]): readonly Step[] {
  const step = findMetric(name)?.step ?? null;
  return step !== null && steps.includes(step) ? [step] : steps;
}

/** Returns the first prerequisite of a metric that a run does not meet; undefined if it meets all of them. */
export function lackingNeed(name: string, has: Readonly<Record<Need, boolean>>): Need | undefined {
  return findMetric(name)?.needs.find((need) => !has[need]);
}

/** Determines which metric prerequisites a planned run will meet. */
export function needsMet({ workload, http, proxy, proxyAgent, target }: Run['plan']): Record<Need, boolean> {
  const kind = workload.load?.kind ?? null;
  return {
    schedule: kind === 'open',
    'closed-loop': kind === 'closed',
    http: http !== null,
    proxy: proxy !== null || proxyAgent !== undefined,
    answers: expectationOf(target) !== 'none',
  };
}

/** Returns the facts about a run that no longer changes. They are computed only once per run. */
export const knownFacts = remembered((run: Run): RunFacts => factsOf(run, knownFigures(run)));

/** Collects the facts about a run and its figures that the fitness rules use. */
export function factsOf({ plan, outcome, validity }: Run, figures: RunFigures): RunFacts {
  const { variant, step, round } = plan;
  return { variant, step, round, outcome, validity, metrics: metricsOf(figures, plan) };
}
