import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** Event loop load since the previous reading. */
export interface LoopSample {
  /** Share of time (0..1) in which the loop was not waiting for work. */
  utilisation: number;
  delayMaxUs: number;
}

const RESOLUTION_MS = 20;

/**
 * @returns a function that reads the meter and resets it; null on Bun, whose `eventLoopUtilization` always
 * reports zero
 */
export function startLoopMeter(): (() => LoopSample) | null {
  if (process.versions.bun !== undefined) return null;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    // The histogram records the time between two ticks of a timer, which includes the timer's own interval.
    const delayMaxUs = Math.max(0, Math.round(delay.max / 1e3) - RESOLUTION_MS * 1000);
    delay.reset();
    return { utilisation: Math.min(1, Math.max(0, utilization)), delayMaxUs };
  };
}
