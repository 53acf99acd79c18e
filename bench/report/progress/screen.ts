import { bar, fitted, joined, padded } from './fit.ts';
import { progressRows } from './rows.ts';
import type { Progress } from './state.ts';

/** Minimum numbers of columns for full labels and for short labels. */
const WIDE = 50;
const NARROW = 25;
const LABEL = 15;
const SHORT_LABEL = 6;
const MOST_BAR = 30;
const LEAST_BAR = 4;

/**
 * The progress of an invocation as terminal lines, none of them wider than the terminal. The narrower it is, the
 * less they contain.
 *
 * @param rows of the terminal; lines that do not fit are dropped from the end
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
