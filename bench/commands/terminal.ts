import type { Listener } from '../model/event.ts';
import { makeProgress } from '../report/progress.ts';

/** Where a command writes; only the command line itself knows the real one. */
export interface Terminal {
  /** What was asked for: one text at a time, without the last line break. */
  print(text: string): void;
  /** What goes on meanwhile, one line. */
  say(line: string): void;
  /** Characters in a line of a terminal that can be redrawn; null where there is none. */
  columns: number | null;
  /** Writes to the terminal as it is; never called where `columns` is null. */
  draw(text: string): void;
}

/** A terminal whose last line may be drawn again and again, and steps aside for lines that stay. */
export interface LiveLine {
  update(line: string): void;
  say(line: string): void;
  /** Takes the line off the screen. */
  clear(): void;
}

const ERASE = '\r\u001b[K';
/** Of a terminal that does not tell its width (some report 0 columns). */
const USUAL_COLUMNS = 80;

export function liveLine(terminal: Terminal): LiveLine {
  let shown = false;
  const clear = (): void => {
    if (shown) terminal.draw(ERASE);
    shown = false;
  };
  return {
    update(line) {
      if (terminal.columns === null) return;
      // a line that wraps cannot be erased: one column less, for terminals that wrap at the last one
      const columns = (terminal.columns || USUAL_COLUMNS) - 1;
      terminal.draw(ERASE + [...line].slice(0, Math.max(1, columns)).join(''));
      shown = true;
    },
    say(line) {
      clear();
      terminal.say(line);
    },
    clear,
  };
}

/** Draws how an experiment goes on the live line. */
export function watchProgress(live: LiveLine, elapsedMs: () => number): Listener {
  const progress = makeProgress(elapsedMs);
  return (event) => {
    const line = progress(event);
    if (line !== null) live.update(line);
  };
}
