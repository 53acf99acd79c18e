/** Signals from the user: the first ends a run gracefully, the second ends it immediately. */
export interface Interruption {
  /** When aborted, stops the run. The measurements so far are still saved and reported. */
  signal: AbortSignal;
  /** When aborted, kills all processes that are still running. */
  urgent: AbortSignal;
  /** Stops listening and restores the default effect of signals. */
  release(): void;
}

/** The part of `process` used here. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Under npm, one Ctrl-C arrives twice: from the terminal, which signals the whole foreground process group,
 * and from npm, which forwards it. Signals this close together count as one.
 */
const ONE_PRESS_MS = 500;

/** Listens for signals until `release` is called. `now` returns the time in ms. */
export function watchSignals(source: SignalSource, now: () => number): Interruption {
  const first = new AbortController();
  const second = new AbortController();
  let pressedAt = Number.NEGATIVE_INFINITY;
  const listener = (): void => {
    if (!first.signal.aborted) {
      pressedAt = now();
      first.abort(new Error('interrupted'));
    } else if (now() - pressedAt >= ONE_PRESS_MS) {
      second.abort(new Error('interrupted twice'));
    }
  };
  for (const name of SIGNALS) source.on(name, listener);
  return {
    signal: first.signal,
    urgent: second.signal,
    release() {
      for (const name of SIGNALS) source.off(name, listener);
    },
  };
}
