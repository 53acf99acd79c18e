/** When messages are due: evenly spaced, fixed before the first is sent, whatever the server does. */
export interface Schedule {
  /** Due times up to now that were not handed out yet, in ms, the earliest first. */
  due(nowMs: number): number[];
  /** The next due time, in ms. */
  nextMs(): number;
}

/** @param startMs of the first message @param ratePerSecond over all connections */
export function makeSchedule(startMs: number, ratePerSecond: number): Schedule {
  let index = 0;
  // Each is reckoned from the start: adding spacings up would add their rounding up as well.
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
