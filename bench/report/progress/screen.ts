import { bar, fitted, joined, padded } from './fit.ts';
import { progressRows } from './rows.ts';
import type { Progress } from './state.ts';

/** From here on labels stand in full, from there on the short ones do. */
const WIDE = 50;
const NARROW = 25;
const LABEL = 15;
const SHORT_LABEL = 6;
const MOST_BAR = 30;
const LEAST_BAR = 4;

/**
 * How an invocation goes, as lines for a terminal, none of which is wider than its columns; the less of them
 * there are, the less is told.
 *
 * @param rows of the terminal: what does not fit is left out from the end
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
