import stringWidth from 'string-width';
import { progressRows } from './rows.ts';
import type { Progress } from './state.ts';

/** Minimum widths of the terminal, in columns, for long and for short labels. */
const WIDE = 50;
const NARROW = 25;
const LABEL = 15;
const SHORT_LABEL = 6;
const MOST_BAR = 30;
const LEAST_BAR = 4;

/**
 * Formats the progress of an invocation as lines that fit the width of the terminal. On a narrow terminal, the
 * lines contain less information.
 *
 * @param rows height of the terminal; lines that do not fit are dropped from the end
 */
export function screenLines(progress: Progress, nowMs: number, columns: number, rows = 24): string[] {
  const wide = columns >= WIDE;
  const label = wide ? LABEL : columns >= NARROW ? SHORT_LABEL : 0;
  const room = columns - label;
  const barColumns = Math.max(LEAST_BAR, Math.min(MOST_BAR, Math.floor(room / 4)));
  return progressRows(progress, nowMs)
    .map(({ label: long, short, share, clauses }) => {
      const head = label === 0 ? '' : padded(wide ? long : short, label);
      if (share === null) return fitted(head + joined(clauses, room), columns);
      const drawn = `${bar(share, barColumns)} `;
      return fitted(head + drawn + joined(clauses, room - barColumns - 1), columns);
    })
    .slice(0, Math.max(1, rows - 1));
}

const ELLIPSIS = '…';
const graphemes = new Intl.Segmenter();

/** Truncates text to `columns` terminal columns. An ellipsis marks the cut. */
export function fitted(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return kept.trimEnd() + ELLIPSIS;
}

/** Joins as many parts as fit into `columns`, truncating the first part if necessary. */
export function joined(parts: readonly string[], columns: number, separator = ' · '): string {
  const [first = '', ...others] = parts;
  let line = first;
  for (const part of others) {
    const longer = line + separator + part;
    if (stringWidth(longer) > columns) break;
    line = longer;
  }
  return fitted(line, columns);
}

/** Pads text with spaces to a width of `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** Draws a share from 0 to 1 as a bar that is `columns` wide. Shares outside this range are clamped. */
export function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}
