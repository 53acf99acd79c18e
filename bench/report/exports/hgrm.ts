import { histogramOfAll } from '../../measure/figures.ts';
import { timesOf } from '../../measure/messages.ts';
import { COMMON_HISTOGRAMS } from '../../model/recording.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import type { OutputFile } from '../outputs.ts';

/** Number of percentiles written each time the distance to 100 % is halved, as in the tools of HdrHistogram. */
const TICKS_PER_HALF_DISTANCE = 5;
/** The plotter expects milliseconds by default. */
const US_PER_MS = 1000;

/**
 * Percentile distributions for HdrHistogram's plotter (HistogramLogProcessor's `.hgrm` format), in ms. Each file
 * contains one kind of time, either for a single run or for all rounds of a variant and step combined. Unlike in
 * the report, percentiles go up to 100 % even if there are few samples. The files include the sample counts.
 */
export function hgrmFiles(result: Result): OutputFile[] {
  return groupsOf(result.runs).flatMap(({ name, runs }) =>
    allTimes().flatMap((kind) => {
      const histogram = histogramOfAll(runs, kind);
      if (histogram.totalCount === 0) return [];
      const text = histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, US_PER_MS);
      return [{ name: `${name}-${kind}.hgrm`, text }];
    }),
  );
}

/** Every kind of time that a scenario may record. */
function allTimes(): string[] {
  return [...new Set([...COMMON_HISTOGRAMS, ...SCENARIOS.flatMap(({ recorded }) => timesOf(recorded))])];
}

/**
 * Groups runs by distribution file. Single runs are identified by number; the rounds of a variant are
 * combined. Runs before the first round are omitted.
 */
function groupsOf(runs: readonly Run[]): { name: string; runs: Run[] }[] {
  const named = ({ variant, step }: Run['plan']): string => `${safe(variant)}-${step}`;
  if (runs.every(({ plan }) => plan.round === null))
    return runs.map((run, index) => ({ name: `${index + 1}-${named(run.plan)}`, runs: [run] }));
  const groups = new Map<string, Run[]>();
  for (const run of runs.filter(({ plan }) => plan.round !== null))
    groups.set(named(run.plan), [...(groups.get(named(run.plan)) ?? []), run]);
  return [...groups].map(([name, rounds]) => ({ name, runs: rounds }));
}

/**
 * Converts a variant's name, which is external input, to a safe file name that cannot point outside the
 * folder.
 */
function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9+_-]+/g, '_').slice(0, 60) || 'run';
}
