/** How the user interrupts a run: once to end it in order, twice to end it at once. */
export interface Interruption {
  /** Stops the run, but keeps and reports what was measured. */
  signal: AbortSignal;
  /** Kills all processes that still run. */
  urgent: AbortSignal;
  /** Stops listening; signals have their usual effect again. */
  release(): void;
}

/** The part of `process` that is used. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Under npm, one Ctrl-C reaches us twice: first from the terminal, as part of its foreground process group,
 * then from npm, which forwards it. Signals within this time count as one.
 */
const ONE_PRESS_MS = 500;

/** Listens for signals until released; `now` in ms. */
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
