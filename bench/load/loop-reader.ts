import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { LoopReader } from '../measure/recorder.ts';
import { ON_BUN } from './carriers/engine.ts';
import type { Clock } from './clock.ts';

const RESOLUTION_MS = 20;
/** Minimum interval for computing utilisation, in µs. Over a shorter interval, the value would be noise. */
const SPAN_LEAST_US = 1_000;

/**
 * Creates a function that returns the utilisation and delay of this process's event loop since the previous
 * call. On Bun it always returns null, because Bun's `eventLoopUtilization` always reports zero.
 */
export function makeLoopReader(clock: Clock, delay = monitorDelay()): LoopReader {
  if (ON_BUN) return () => null;
  let before = performance.eventLoopUtilization();
  let startUs = Math.max(0, Math.round(clock()));
  return () => {
    const endUs = Math.round(clock());
    if (endUs - startUs < SPAN_LEAST_US) return null;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    // The histogram records the time between ticks, so any excess over the resolution is delay.
    const delayMaxUs = delay.count === 0 ? 0 : Math.max(0, delay.max / 1e3 - RESOLUTION_MS * 1e3);
    delay.reset();
    const span = { startUs, endUs };
    startUs = endUs;
    return {
      ...span,
      utilisation: Math.min(1, Math.max(0, utilization)),
      delayMaxUs: Math.round(delayMaxUs),
    };
  };
}

/** Starts a timer that fires every RESOLUTION_MS, and a histogram of the time between its ticks, in ns. */
function monitorDelay(): Pick<IntervalHistogram, 'count' | 'max' | 'reset'> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return delay;
}
