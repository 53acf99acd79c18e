/** The times at which messages are due: evenly spaced and fixed in advance, whatever the server does. */
export interface Schedule {
  /** Due times up to now that have not been returned before, in ms, earliest first. */
  due(nowMs: number): number[];
  /** The next due time, in ms. */
  nextMs(): number;
}

/**
 * @param startMs due time of the first message
 * @param ratePerSecond total over all connections
 */
export function makeSchedule(startMs: number, ratePerSecond: number): Schedule {
  let index = 0;
  // Each time is calculated from the start, because adding up intervals would also add up their rounding
  // errors.
  const nextMs = (): number => startMs + (index * 1000) / ratePerSecond;
  return {
    nextMs,
    due(nowMs) {
      const times: number[] = [];
      for (let at = nextMs(); at <= nowMs; at = nextMs()) {
        times.push(at);
        index++;
      }
      return times;
    },
  };
}
