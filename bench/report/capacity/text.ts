import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import { textTable } from '../text-table.ts';
import { viewOf } from '../view.ts';
import { capacityOf } from './conclusion.ts';
import { inconclusiveLines, trialColumns, trialRows } from './trials.ts';
import { capacitySentences } from './words.ts';

/** The answer first, then the trials; ends with a line break. Null if the result is not a capacity search. */
export function capacityText(result: Result): string | null {
  const capacity = capacityOf(result);
  if (capacity === null) return null;
  const [answer, ...others] = capacitySentences(capacity);
  const rows = trialRows(capacity, viewOf(result));
  const columns = trialColumns(capacity);
  const lines = [
    answer,
    ...others,
    ...(rows.length === 0 ? [] : ['', ...textTable(columns, rows, [columns.length - 1])]),
    ...prefixed(inconclusiveLines(capacity)),
    ...prefixed(result.notices.map(({ text }) => text)),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function prefixed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
