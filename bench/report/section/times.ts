import type { Summary } from '../../measure/histogram.ts';
import type { Markup } from '../markup.ts';
import { formatCount, formatTime } from '../page/format.ts';
import { table } from '../table.ts';
import type { RunView } from '../view.ts';

/** The columns of a summary of times. */
export const SUMMARY_COLUMNS = ['Count', 'Min', 'Mean', 'p50', 'p90', 'p99', 'p99.9', 'Max'].map((title) => ({
  title,
}));

/** A table with the summaries of each kind of time, by variant. Kinds without samples are left out. */
export function timesTable(
  caption: string,
  /** Heading of the column with the kind. */
  kind: string,
  runs: readonly RunView[],
  timesOf: (run: RunView) => readonly (readonly [kind: string, times: Summary | null])[],
): Markup {
  const columns = [{ title: 'Variant' }, { title: kind, text: true }, ...SUMMARY_COLUMNS];
  const rows = runs.flatMap((run) =>
    timesOf(run).flatMap(([kind, times]) =>
      times === null || times.count === 0 ? [] : [[run.name, kind, ...summaryCells(times)]],
    ),
  );
  return table(caption, columns, rows);
}

/** The cells of `SUMMARY_COLUMNS`. */
export function summaryCells({ count, min, mean, p50, p90, p99, p999, max }: Summary): string[] {
  return [formatCount(count), ...[min, mean, p50, p90, p99, p999, max].map(formatTime)];
}
