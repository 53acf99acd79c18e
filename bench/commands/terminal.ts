/** Output of a command. Only the command line itself knows the real terminal. */
export interface Terminal {
  /** Prints requested output: one text at a time, without the final line break. */
  print(text: string): void;
  /** Reports progress, one line at a time. */
  say(line: string): void;
  /** Characters per line; null without a terminal. */
  columns: number | null;
  /** Lines of the terminal. */
  rows: number | null;
  /** Writes directly to the terminal; null if it cannot or must not be redrawn. */
  draw: ((text: string) => void) | null;
}

/** For a terminal that does not report its size (some report 0 columns). */
const USUAL = { columns: 80, rows: 24 };

/** The drawable size: a line that fills the last column would wrap in some terminals. */
export function sizeOf({ columns, rows }: Terminal): { columns: number; rows: number } {
  return { columns: Math.max(1, (columns || USUAL.columns) - 1), rows: rows || USUAL.rows };
}
