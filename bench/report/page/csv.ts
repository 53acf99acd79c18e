import type { Unit } from '../../wording/format.ts';
import { dataOf } from './rows.ts';
import type { ChartSpec } from './spec.ts';

/** Maps each unit to its base unit. Figures are exported in base units, not as displayed. */
const COUNTED_IN: Record<Unit, string> = {
  time: 'µs',
  count: '',
  rate: '1/s',
  bytes: 'B',
  bytesRate: 'B/s',
  share: '',
  seconds: 's',
  // A percentile p is exported as its position on the axis, 1 / (1 − p).
  percentile: '1/(1-p)',
  name: '',
};

/** A chart's data as comma-separated values (RFC 4180), with units in the column headings. */
export function csvOf(spec: ChartSpec): string {
  const { columns, rows } = dataOf(spec);
  const head = columns.map(({ title, unit }) =>
    COUNTED_IN[unit] === '' ? title : `${title} (${COUNTED_IN[unit]})`,
  );
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Formats a cell. Text that a spreadsheet would interpret as a formula is prefixed with an apostrophe. */
function field(value: number | string | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
