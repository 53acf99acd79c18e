/** Interval between saves, which limits how much of the current run is lost if the bench is killed. */
const INTERVAL_MS = 5_000;
/** Maximum share of time spent saving, because saving takes CPU from the processes under test. */
const COST_SHARE = 0.01;

/**
 * Saves repeatedly, one save at a time, until stopped. A failed save is not reported here, because the final
 * save at the end of the run reports the failure.
 *
 * @returns a function that stops saving; it resolves once no save is in progress
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
