import { latencyNameOf } from '../../measure/figures.ts';
import { mergeEncoded, summarise } from '../../measure/histogram.ts';
import { counted } from '../../model/recording.ts';
import type { Result } from '../../model/result.ts';
import type { Run, Slice } from '../../model/run.ts';

/** Counters in column order. Cells are empty for counters that a run did not record. */
const COUNTERS = ['due', 'sent', 'echoed', 'lost', 'unsent', 'bytesSent', 'bytesReceived', 'opened'];

const COLUMNS = [
  ...['run', 'variant', 'step', 'round', 'phase', 'start_s', 'end_s'],
  ...['due', 'sent', 'echoed', 'lost', 'unsent', 'bytes_sent', 'bytes_received', 'opened', 'failed'],
  ...['outstanding', 'open'],
  ...['latency', 'p50_us', 'p90_us', 'p95_us', 'p99_us', 'p999_us', 'p9999_us', 'max_us'],
];

/**
 * One row per second of each run, as CSV (RFC 4180). Message times are response times in an open loop and
 * service times in a closed one, as stated in the column `latency`. A cell is empty if there are too few
 * samples for its figure.
 */
export function slicesCsv(result: Result): string {
  const rows = result.runs.flatMap((run, index) => run.slices.map((slice) => rowOf(run, index + 1, slice)));
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

type Cell = string | number | null;

/**
 * Counters that older versions did not maintain. Some of their results contain 0 for these counters although
 * messages were sent.
 */
const ADDED = ['due', 'unsent'];

/** Returns the counters of a slice, without those that the run did not record. */
function recordedIn(run: Run, { counters }: Slice): Readonly<Record<string, number>> {
  const isOlder =
    run.slices.some(({ counters }) => counted(counters, 'sent') > 0) &&
    run.slices.every(({ counters }) => counted(counters, 'due') === 0);
  if (!isOlder) return counters;
  return Object.fromEntries(Object.entries(counters).filter(([name]) => !ADDED.includes(name)));
}

function rowOf(run: Run, number: number, slice: Slice): Cell[] {
  const { variant, step, round } = run.plan;
  const { gauges, failures } = slice;
  const counters = recordedIn(run, slice);
  const name = latencyNameOf(run);
  const times = summarise(mergeEncoded([slice.histograms[name] ?? []].flat()));
  const { p50, p90, p95, p99, p999, p9999, max } = times;
  return [
    ...[number, variant, step, round, slice.phase, slice.startUs / 1e6, slice.endUs / 1e6],
    ...COUNTERS.map((name) => counters[name] ?? null),
    Object.values(failures).reduce((sum, count) => sum + count, 0),
    ...[gauges.outstanding ?? null, gauges.open],
    ...[name, p50, p90, p95, p99, p999, p9999, max],
  ];
}

/**
 * Writes a cell. External text that begins like a formula gets a leading apostrophe, so that spreadsheets
 * treat it as text.
 */
function cell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
