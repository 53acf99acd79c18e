/** What a bench that is killed may lose of the run under way, at the most. */
const INTERVAL_MS = 5_000;
/** Saving takes the CPU of what is measured: this share of the time at most. */
const COST_SHARE = 0.01;

/**
 * Saves again and again, one after the other, until it is stopped. A save that fails is left to the last
 * one, at the end of the run, to tell.
 *
 * @returns what stops it, and resolves when nothing is being saved any more
 */
export function startCheckpoints(save: () => Promise<void>, intervalMs = INTERVAL_MS): () => Promise<void> {
  let stopped = false;
  let saving = Promise.resolve();
  let timer = setTimeout(checkpoint, intervalMs);

  function checkpoint(): void {
    const since = performance.now();
    saving = save().then(
      () => proceed(performance.now() - since),
      () => proceed(performance.now() - since),
    );
  }

  function proceed(tookMs: number): void {
    if (!stopped) timer = setTimeout(checkpoint, Math.max(intervalMs, tookMs / COST_SHARE));
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
    return saving;
  };
}
