import { createHash } from 'node:crypto';
import { comparedMetrics } from '../metrics/compared.ts';
import type { Metric } from '../metrics/metric.ts';
import type { Finding } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { LoadDigest, ResultIndex, RunSummary } from '../model/result.ts';
import { machineText } from '../report/calibration.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { median } from '../stats/median.ts';
import { type Standing, standingsOf } from './changes.ts';

/** A published result: its index, and the name of its folder in results/. */
export interface Published {
  folder: string;
  index: ResultIndex;
}

/** A result's runs for one variant and step: one point of a series. */
export interface Answer {
  folder: string;
  startedAt: string;
  /** A single run, or all rounds of a comparison. */
  runs: readonly RunSummary[];
  /** Offered rate; null in a closed loop, or if the index does not contain it. */
  ratePerSecond: number | null;
}

/** A metric, and the step to which the series belongs. */
export type TrendMetric = Metric & { step: Step };

/** One metric's values over all results of a series. */
export interface Trend {
  figure: TrendMetric;
  points: readonly Point[];
}

/** One result's value for a metric, or null and a reason if the value is excluded. */
export interface Point {
  answer: Answer;
  value: number | null;
  doubt: Finding | null;
  standing: Standing;
}

/**
 * Results that measured the same thing: the variant, step, workload, machine and user-defined series name are
 * the same.
 */
export interface Series {
  /** A valid file name that remains the same each time the series is published. */
  slug: string;
  name: string | null;
  variant: string;
  profile: string;
  step: Step;
  machine: string;
  /** The load of the runs; null if the index does not contain it. */
  load: LoadDigest | null;
  /** Results, from oldest to newest. */
  answers: readonly Answer[];
  /** Trends for all metrics that at least one run provides. */
  trends: readonly Trend[];
}

/** The main metrics, which are shown first. Other metrics follow in the order used in comparisons. */
const FIRST = ['messages.perSecond', 'response.p50', 'response.p99'];
function inOrder(): TrendMetric[] {
  return comparedMetrics()
    .map(({ metric, step }) => ({ ...metric, step }))
    .sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf({ name }: TrendMetric): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

/**
 * Groups results into series. Named series come first; otherwise they are ordered by step and variant. The
 * function is pure, and the order of the results does not matter.
 */
export function seriesOf(published: readonly Published[]): Series[] {
  const groups = new Map<string, { first: Keyed; answers: Answer[] }>();
  for (const { folder, index } of published) {
    for (const keyed of answersOf(folder, index)) {
      const group = groups.get(keyed.key);
      if (group === undefined) groups.set(keyed.key, { first: keyed, answers: [keyed.answer] });
      else group.answers.push(keyed.answer);
    }
  }
  return [...groups.values()]
    .map(({ first, answers }) => makeSeries(first, answers))
    .filter(({ trends }) => trends.length > 0)
    .sort((a, b) => compareTexts(sortKey(a), sortKey(b)));
}

interface Keyed {
  key: string;
  answer: Answer;
  index: ResultIndex;
}

/** Returns a result's runs for each variant and step. */
function answersOf(folder: string, index: ResultIndex): Keyed[] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of index.runs) {
    const key = JSON.stringify([run.variant, run.step]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((all): Keyed[] => {
    const runs = answering(all, index);
    const [first] = runs;
    if (first === undefined) return [];
    const answer = { folder, startedAt: first.startedAt, runs, ratePerSecond: rateOf(first) };
    return [{ key: keyOf(first, index), answer, index }];
  });
}

/**
 * Selects the runs to use. If there are rounds, selects all rounds except the pilot. Otherwise selects the last run or,
 * if a rate was chosen, the last run at that rate. If there are several runs at different rates but no rate was chosen,
 * the runs are part of a search, and none of them is used. The runs of a ladder or a sizing are not used either,
 * because they differ in their load.
 */
function answering(runs: readonly RunSummary[], { conclusions }: ResultIndex): RunSummary[] {
  if (conclusions.some(({ kind }) => kind === 'ladder' || kind === 'size')) return [];
  const rounds = runs.filter(({ round }) => round !== null);
  if (rounds.length > 0) return rounds;
  const decided = conclusions.find((each) => each.kind === 'rate')?.ratePerSecond;
  const last = runs.findLast((run) => decided === undefined || [null, decided].includes(rateOf(run)));
  const isSearch = decided === undefined && new Set(runs.map(rateOf)).size > 1;
  return last === undefined || isSearch ? [] : [last];
}

function rateOf({ load }: RunSummary): number | null {
  return ratePerSecondOf(load?.workload.load ?? null);
}

/**
 * Returns a key composed of everything that must be the same within a series. It does not include the rate,
 * because a chosen rate varies from day to day; `standingsOf` takes the rate into account.
 */
function keyOf({ variant, step, load }: RunSummary, { plan, environment, variants }: ResultIndex): string {
  const { arch, cpuQuota } = environment;
  const tunings = variants.find(({ name }) => name === variant)?.proxy?.tunings.map(({ text }) => text);
  return JSON.stringify([
    plan.series,
    [variant, tunings ?? []],
    step,
    [machineText(environment), arch, cpuQuota],
    load === null ? null : withoutRate(load),
  ]);
}

function withoutRate({ workload, ...load }: LoadDigest): object {
  const how = workload.load?.kind === 'open' ? { ...workload.load, ratePerSecond: null } : workload.load;
  return Object.entries({ ...load, workload: { ...workload, load: how } }).sort(([a], [b]) =>
    compareTexts(a, b),
  );
}

function makeSeries({ key, answer: { runs }, index }: Keyed, unsorted: readonly Answer[]): Series {
  const answers = unsorted.toSorted(
    (a, b) => compareTexts(a.startedAt, b.startedAt) || compareTexts(a.folder, b.folder),
  );
  const [run] = runs as readonly [RunSummary];
  const { variant, step, profile, load } = run;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 10);
  const readable = variant
    .replace(/[^A-Za-z0-9+.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 40);
  return {
    slug: [...(readable === '' ? [] : [readable]), step, hash].join('-'),
    name: index.plan.series,
    ...{ variant, profile, step, load, answers },
    machine: machineText(index.environment),
    trends: inOrder()
      .filter((figure) => figure.step === step)
      .map((figure) => ({ figure, points: pointsOf(figure, answers) }))
      .filter(({ points }) => points.some(({ value }) => value !== null)),
  };
}

function pointsOf(figure: TrendMetric, answers: readonly Answer[]): Point[] {
  const measured = answers.map((answer) => measure(figure, answer));
  const standings = standingsOf(
    measured.map(({ value }, index) => ({ value, ratePerSecond: answers[index]?.ratePerSecond ?? null })),
  );
  return answers.map((answer, index) => ({
    answer,
    ...(measured[index] ?? { value: null, doubt: null }),
    standing: standings[index] ?? { kind: 'uncounted' },
  }));
}

/** Returns the median over all usable runs. If no run is usable, returns the reason. */
function measure(figure: TrendMetric, { runs }: Answer): { value: number | null; doubt: Finding | null } {
  const values: number[] = [];
  let doubt: Finding | null = null;
  for (const run of runs) {
    const reason = figure.unfit(run);
    const value = run.metrics[figure.name] ?? null;
    if (reason === null && value !== null) values.push(value);
    doubt ??= reason;
  }
  return values.length === 0 ? { value: null, doubt } : { value: median(values), doubt: null };
}

/** All steps, in the order of the scenarios. */
function allSteps(): Step[] {
  return SCENARIOS.flatMap(({ steps }) => steps.map(({ name }) => name));
}

function sortKey({ name, step, variant, machine, slug }: Series): string {
  return [
    name === null ? 1 : 0,
    name,
    String(allSteps().indexOf(step)).padStart(3, '0'),
    variant,
    machine,
    slug,
  ].join('\n');
}

/** Compares strings by code unit, so that the order is the same in every locale. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
