import { histogramOf } from '../measure/figures.ts';
import { HISTOGRAMS } from '../model/recording.ts';
import type { Result } from '../model/result.ts';
import type { OutputFile } from './output-file.ts';

/** Steps for each halving of the distance to 100 %, as HdrHistogram's own tools write them. */
const TICKS_PER_HALF_DISTANCE = 5;
/** The plotter takes values for milliseconds unless told otherwise. */
const US_PER_MS = 1000;

/**
 * The percentile distributions that HdrHistogram's plotter reads (HistogramLogProcessor's `.hgrm`
 * format), in ms: one file for each run and kind of time that has samples. Unlike the report they go up
 * to 100 % whatever the samples support; the counts are in them.
 */
export function hgrmFiles(result: Result): OutputFile[] {
  return result.runs.flatMap((run, index) =>
    HISTOGRAMS.flatMap((kind) => {
      const histogram = histogramOf(run, kind);
      if (histogram.totalCount === 0) return [];
      const text = histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, US_PER_MS);
      return [{ name: `${index + 1}-${safe(run.plan.variant)}-${run.plan.step}-${kind}.hgrm`, text }];
    }),
  );
}

/** A variant's name comes from outside: nothing of it may lead out of the folder. */
function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9+_-]+/g, '_').slice(0, 60) || 'run';
}
