import type { Summary } from '../../measure/histogram.ts';
import type { Markup } from '../markup.ts';
import { formatCount, formatTime } from '../page/format.ts';
import { table } from '../table.ts';
import type { RunView } from '../view.ts';

/** Summaries of one kind of time after the other, by run; one without samples is left out. */
export function timesTable(
  caption: string,
  /** Heading of the column that says which kind. */
  kind: string,
  runs: readonly RunView[],
  timesOf: (run: RunView) => readonly (readonly [kind: string, times: Summary | null])[],
): Markup {
  const numbers = ['Count', 'Min', 'Mean', 'p50', 'p90', 'p99', 'p99.9', 'Max'];
  const columns = [{ title: 'Profile' }, { title: kind, text: true }, ...numbers.map((title) => ({ title }))];
  const rows = runs.flatMap((run) =>
    timesOf(run).flatMap(([kind, times]) =>
      times === null || times.count === 0 ? [] : [[run.name, kind, ...cells(times)]],
    ),
  );
  return table(caption, columns, rows);
}

function cells({ count, min, mean, p50, p90, p99, p999, max }: Summary): string[] {
  return [formatCount(count), ...[min, mean, p50, p90, p99, p999, max].map(formatTime)];
}
