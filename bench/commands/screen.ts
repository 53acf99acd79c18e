import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { sizeOf, type Terminal } from './terminal.ts';

/** Lines at the bottom of a terminal that are redrawn repeatedly and stay below the permanent output. */
export interface Screen {
  /**
   * Draws the lines, each at most as wide as `sizeOf` reports. Draws nothing on a terminal that must not be
   * redrawn.
   */
  show(lines: readonly string[]): void;
  say(line: string): void;
  /** Removes the lines. */
  clear(): void;
}

const ERASE_ROW_ABOVE = '\u001b[1A\u001b[2K';

export function screenOf(terminal: Terminal): Screen {
  const { draw } = terminal;
  if (draw === null) return { show: () => {}, say: (line) => terminal.say(line), clear: () => {} };
  const update = createLogUpdate(streamOf(terminal, draw), {
    // Without this option, log-update would hide the cursor on the process's stderr, even when it draws on
    // another stream, and install a signal handler to show the cursor again.
    showCursor: true,
  });
  let shown: readonly string[] = [];
  let shownColumns = sizeOf(terminal).columns;

  /** Erases the additional rows that lines occupy after the terminal has become narrower and wrapped them. */
  function eraseWrapped(): void {
    const { columns } = sizeOf(terminal);
    const rowsOf = (line: string) => Math.max(1, Math.ceil(stringWidth(line) / (columns + 1)));
    const more = shown.reduce((sum, line) => sum + rowsOf(line) - 1, 0);
    if (columns < shownColumns) draw?.(ERASE_ROW_ABOVE.repeat(more));
    shownColumns = columns;
  }

  function clear(): void {
    if (shown.length === 0) return;
    eraseWrapped();
    update.clear();
    shown = [];
  }

  return {
    show(lines) {
      eraseWrapped();
      update(lines.join('\n'));
      shown = lines;
    },
    say(line) {
      clear();
      terminal.say(line);
    },
    clear,
  };
}

/** The part of a stream that log-update uses: log-update writes to the stream, and reads its size on each draw. */
function streamOf(terminal: Terminal, write: (text: string) => void): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    write,
    get columns() {
      return sizeOf(terminal).columns;
    },
    get rows() {
      return sizeOf(terminal).rows;
    },
  };
  return stream as unknown as NodeJS.WritableStream;
}
