/** How a person calls a run off: once to end it in order, twice to end it at once. */
export interface Interruption {
  /** Stop, keep and report what was measured. */
  signal: AbortSignal;
  /** Kill what still runs. */
  urgent: AbortSignal;
  /** No longer listens; signals have their usual effect again. */
  release(): void;
}

/** What is needed of `process`. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * One Ctrl-C reaches us twice under npm: once from the terminal, as part of its foreground process
 * group, and once more from npm, which passes on what it got. Within this time it counts as one.
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
