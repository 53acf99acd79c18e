/** Latencies of one second: their number, median, 99th percentile and maximum, in ms. */
export interface Second {
  /** Whole seconds since the start. */
  at: number;
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** Latencies of the last minute, grouped by the second of arrival. */
export interface Latencies {
  /** @param atMs time since the start; never decreases between calls */
  record(atMs: number, latencyMs: number): void;
  /** The complete seconds of the last minute, oldest first; those without latencies have a count of 0. */
  seconds(nowMs: number): Second[];
  /** Statistics of all stored latencies together. */
  summary(): Omit<Second, 'at'>;
}

export const KEPT_SECONDS = 60;

export function makeLatencies(): Latencies {
  const bySecond = new Map<number, number[]>();
  const ready = new Map<number, Second>();

  function forget(now: number): void {
    for (const second of bySecond.keys()) {
      if (second > now - KEPT_SECONDS) return;
      bySecond.delete(second);
      ready.delete(second);
    }
  }

  return {
    record(atMs, latencyMs) {
      const second = Math.floor(atMs / 1000);
      const values = bySecond.get(second);
      if (values !== undefined) values.push(latencyMs);
      else {
        bySecond.set(second, [latencyMs]);
        forget(second);
      }
    },
    seconds(nowMs) {
      const current = Math.floor(nowMs / 1000);
      const first = Math.max(0, current - KEPT_SECONDS);
      return Array.from({ length: current - first }, (_, index) => {
        const at = first + index;
        const known = ready.get(at) ?? { at, ...summaryOf(bySecond.get(at) ?? []) };
        ready.set(at, known);
        return known;
      });
    },
    summary: () => summaryOf([...bySecond.values()].flat()),
  };
}

function summaryOf(values: readonly number[]): Omit<Second, 'at'> {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}

/** The nearest-rank percentile, which is always a measured value; 0 if there is none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}
