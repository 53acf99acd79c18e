import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How busy the event loop was since the previous reading. */
export interface LoopSample {
  /** Share of the time in which the loop was not waiting for work, 0..1. */
  utilisation: number;
  delayMaxUs: number;
}

const RESOLUTION_MS = 20;

/**
 * @returns a function that reads the meter and resets it; null on Bun, whose `eventLoopUtilization` reports
 * zero for any loop
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
    // The histogram holds the time between two ticks of a timer, so it includes the interval itself.
    const delayMaxUs = Math.max(0, Math.round(delay.max / 1e3) - RESOLUTION_MS * 1000);
    delay.reset();
    return { utilisation: Math.min(1, Math.max(0, utilization)), delayMaxUs };
  };
}
