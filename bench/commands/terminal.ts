/** A command's output. Only the command-line entry point accesses the real terminal. */
export interface Terminal {
  /** Prints one block of requested output; adds the final line break. */
  print(text: string): void;
  /** Prints one line of progress. */
  say(line: string): void;
  /** Terminal width in characters; null without a terminal. */
  columns: number | null;
  /** Terminal height in lines; null without a terminal. */
  rows: number | null;
  /** Writes directly to the terminal; null if there is none, or if it must not be redrawn. */
  draw: ((text: string) => void) | null;
}

/** Size assumed for a terminal that does not report its size (some report 0 columns). */
const USUAL = { columns: 80, rows: 24 };

/**
 * Drawable size of the terminal. Its last column is excluded, because some terminals wrap a line that fills
 * it.
 */
export function sizeOf({ columns, rows }: Terminal): { columns: number; rows: number } {
  return { columns: Math.max(1, (columns || USUAL.columns) - 1), rows: rows || USUAL.rows };
}
