/** Where a command writes; only the command line itself knows the real one. */
export interface Terminal {
  /** What was asked for: one text at a time, without the last line break. */
  print(text: string): void;
  /** What goes on meanwhile, one line. */
  say(line: string): void;
  /** Characters in a line; null where there is no terminal. */
  columns: number | null;
  /** Lines of the terminal. */
  rows: number | null;
  /** Writes to the terminal as it is; null where nothing can be redrawn, or is not to be. */
  draw: ((text: string) => void) | null;
}

/** Of a terminal that does not tell its size (some report 0 columns). */
const USUAL = { columns: 80, rows: 24 };

/** What can be drawn on: a line that fills the last column would wrap in some terminals. */
export function sizeOf({ columns, rows }: Terminal): { columns: number; rows: number } {
  return { columns: Math.max(1, (columns || USUAL.columns) - 1), rows: rows || USUAL.rows };
}
