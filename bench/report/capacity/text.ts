import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import { viewOf } from '../view.ts';
import { capacityOf } from './conclusion.ts';
import { inconclusiveLines, trialColumns, trialRows } from './trials.ts';
import { capacitySentences } from './words.ts';

/** The sentence first, then the trials; ends in a line end. Null where the result is no search for a capacity. */
export function capacityText(result: Result): string | null {
  const capacity = capacityOf(result);
  if (capacity === null) return null;
  const [answer, ...others] = capacitySentences(capacity);
  const rows = trialRows(capacity, viewOf(result));
  const lines = [
    answer,
    ...others,
    ...(rows.length === 0 ? [] : ['', ...tableLines([trialColumns(capacity), ...rows])]),
    ...prefixed(inconclusiveLines(capacity)),
    ...prefixed(result.notices.map(({ text }) => text)),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function prefixed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Figures to the right; the last column is text. */
function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const [head = '', ...body] = rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        return column === row.length - 1 ? cell : space + cell;
      })
      .join('  '),
  );
  return [head, '─'.repeat(Math.max(...[head, ...body].map((line) => [...line].length))), ...body];
}
