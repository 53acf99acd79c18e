import type { Summary } from '../../measure/histogram.ts';
import { formatCount, formatTime } from '../../wording/format.ts';
import { table } from '../elements.ts';
import type { Markup } from '../markup.ts';
import type { RunView } from '../view.ts';

/** Columns that summarise a distribution of times. */
export const SUMMARY_COLUMNS = [
  'Count',
  'Min',
  'Mean',
  'p50',
  'p90',
  'p95',
  'p99',
  'p99.9',
  'p99.99',
  'Max',
].map((title) => ({ title }));

/** A table that summarises each kind of time for each variant. Kinds without samples are omitted. */
export function timesTable(
  caption: string,
  /** Heading of the column that contains the kind of time. */
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

/** Cells for the columns in `SUMMARY_COLUMNS`. */
export function summaryCells({ count, min, mean, p50, p90, p95, p99, p999, p9999, max }: Summary): string[] {
  return [formatCount(count), ...[min, mean, p50, p90, p95, p99, p999, p9999, max].map(formatTime)];
}
