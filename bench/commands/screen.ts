import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { sizeOf, type Terminal } from './terminal.ts';

/** Lines at the end of a terminal that are drawn again and again, and step aside for lines that stay. */
export interface Screen {
  /** Each line no wider than `sizeOf` says; nothing is drawn where a terminal is not to be redrawn. */
  show(lines: readonly string[]): void;
  say(line: string): void;
  /** Takes the lines off. */
  clear(): void;
}

const ERASE_ROW_ABOVE = '\u001b[1A\u001b[2K';

export function screenOf(terminal: Terminal): Screen {
  const { draw } = terminal;
  if (draw === null) return { show: () => {}, say: (line) => terminal.say(line), clear: () => {} };
  const update = createLogUpdate(streamOf(terminal, draw), {
    // It would hide the cursor on the stderr of the process, whatever its stream is, and to bring it back
    // put a handler of its own on the process's signals.
    showCursor: true,
  });
  let shown: readonly string[] = [];
  let shownColumns = sizeOf(terminal).columns;

  /** Where a terminal became narrower, it has wrapped the lines: they take more rows than were drawn. */
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

/** As much of a stream as log-update takes: it writes, and asks for the size again whenever it draws. */
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
