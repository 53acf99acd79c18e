import { figuresOf, histogramOf, type RunFigures } from '../measure/figures.ts';
import type { Histogram } from '../measure/histogram.ts';
import { type Point, seriesOf } from '../measure/series.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { Markup } from './markup.ts';
import type { ChartSpec } from './page/spec.ts';

/** A run with everything that is derived from it, once for all sections. */
export interface RunView {
  run: Run;
  figures: RunFigures;
  /** The profile; numbered where it ran more than once. */
  name: string;
  /** Of the variant, as a person would call it. */
  title: string;
  /** Colour and line pattern by which one knows the run in every chart. */
  colour: string;
  pattern: number;
  /** Response time (open loop) or service time (closed loop). */
  latency: Histogram;
  /** Its course over time, thinned out for charts. */
  points: Point[];
  /** The start of the steady phase (of the run where there is none): second 0 of all charts over time. */
  zeroUs: number;
}

/** What a report is made of. */
export interface View {
  result: Result;
  runs: RunView[];
}

/** One part of the report and the charts in it. */
export interface Section {
  id: string;
  title: string;
  body: Markup;
  charts: ChartSpec[];
}

const COLOURS = 6;

/** Reads a result once for all sections. */
export function viewOf(result: Result): View {
  const names = namesOf(result.runs.map((run) => run.plan.variant));
  return {
    result,
    runs: result.runs.map((run, index) => ({
      run,
      figures: figuresOf(run),
      name: names[index] ?? run.plan.variant,
      title: result.variants.find(({ name }) => name === run.plan.variant)?.title ?? '',
      colour: `series-${index % COLOURS}`,
      pattern: (index + Math.floor(index / COLOURS)) % COLOURS,
      latency: histogramOf(run, run.plan.workload.load.kind === 'open' ? 'response' : 'service'),
      points: seriesOf(run),
      zeroUs: run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0,
    })),
  };
}

/** Tells runs of one profile apart: `tls`, `tls (2)`. */
function namesOf(profiles: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return profiles.map((profile) => {
    const times = (seen.get(profile) ?? 0) + 1;
    seen.set(profile, times);
    return times === 1 ? profile : `${profile} (${times})`;
  });
}

/** `Service time` or `Response time`; `Latency` where runs differ in it. */
export function latencyTitle(runs: readonly RunView[]): string {
  const names = new Set(runs.map(({ figures }) => figures.latencyName));
  if (names.size > 1) return 'Latency';
  return names.has('response') ? 'Response time' : 'Service time';
}
