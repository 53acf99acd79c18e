import { histogramOfAll } from '../../measure/figures.ts';
import { HISTOGRAMS } from '../../model/recording.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import type { OutputFile } from '../output-file.ts';

/** Steps for each halving of the distance to 100 %, as HdrHistogram's own tools write them. */
const TICKS_PER_HALF_DISTANCE = 5;
/** The plotter takes values for milliseconds unless told otherwise. */
const US_PER_MS = 1000;

/**
 * The percentile distributions that HdrHistogram's plotter reads (HistogramLogProcessor's `.hgrm`
 * format), in ms: one file for each run and kind of time that has samples; all rounds of a variant are one. Unlike the report they go up
 * to 100 % whatever the samples support; the counts are in them.
 */
export function hgrmFiles(result: Result): OutputFile[] {
  return groupsOf(result.runs).flatMap(({ name, runs }) =>
    HISTOGRAMS.flatMap((kind) => {
      const histogram = histogramOfAll(runs, kind);
      if (histogram.totalCount === 0) return [];
      const text = histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, US_PER_MS);
      return [{ name: `${name}-${kind}.hgrm`, text }];
    }),
  );
}

/** Single runs by their number, rounds together: the runs before the rounds count for nothing. */
function groupsOf(runs: readonly Run[]): { name: string; runs: Run[] }[] {
  const named = ({ variant, step }: Run['plan']): string => `${safe(variant)}-${step}`;
  if (runs.every(({ plan }) => plan.round === null))
    return runs.map((run, index) => ({ name: `${index + 1}-${named(run.plan)}`, runs: [run] }));
  const groups = new Map<string, Run[]>();
  for (const run of runs.filter(({ plan }) => plan.round !== null))
    groups.set(named(run.plan), [...(groups.get(named(run.plan)) ?? []), run]);
  return [...groups].map(([name, rounds]) => ({ name, runs: rounds }));
}

/** A variant's name comes from outside: nothing of it may lead out of the folder. */
function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9+_-]+/g, '_').slice(0, 60) || 'run';
}
