import type { Listener } from '../model/event.ts';
import { makePlainLines } from '../report/progress/plain.ts';
import { screenLines } from '../report/progress/screen.ts';
import { advanced, begun } from '../report/progress/state.ts';
import type { Screen } from './screen.ts';
import { sizeOf, type Terminal } from './terminal.ts';

/** Displays an experiment's progress until stopped. */
export interface Watch {
  listen: Listener;
  stop(): void;
}

/** Time between redraws in ms. Redraws also take place without events, because the displayed elapsed time changes. */
const REDRAW_MS = 1000;

/** Displays no progress. */
export const UNWATCHED: Watch = { listen: () => {}, stop: () => {} };

/**
 * Redraws progress on the screen if the terminal supports it; otherwise prints plain lines. `elapsedMs` reads
 * a monotonic clock.
 */
export function watchProgress(terminal: Terminal, screen: Screen, elapsedMs: () => number): Watch {
  let progress = begun(elapsedMs());
  if (terminal.draw === null) {
    const plainLine = makePlainLines();
    return {
      listen(event) {
        progress = advanced(progress, event, elapsedMs());
        const line = plainLine(progress, event, elapsedMs());
        if (line !== null) terminal.say(line);
      },
      stop: () => {},
    };
  }
  const draw = () => {
    const { columns, rows } = sizeOf(terminal);
    screen.show(screenLines(progress, elapsedMs(), columns, rows));
  };
  const timer = setInterval(draw, REDRAW_MS).unref();
  return {
    listen(event) {
      progress = advanced(progress, event, elapsedMs());
      draw();
      timer.refresh();
    },
    stop() {
      clearInterval(timer);
      screen.clear();
    },
  };
}
