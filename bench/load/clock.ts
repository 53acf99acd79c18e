import { createRequire } from 'node:module';

/** Returns the monotonic time in µs since a run's epoch, with fractions. */
export type Clock = () => number;

/**
 * Returns the current CLOCK_MONOTONIC time in ns, which all processes of a host share. On Node.js,
 * `process.hrtime.bigint()` reads it. On Bun, that function counts from the start of the process, so libc is
 * called instead.
 */
export const monotonicNs: () => bigint =
  process.versions.bun === undefined ? () => process.hrtime.bigint() : monotonicOnBun();

/**
 * Loads the Bun implementation. Uses require rather than await, because Node.js 22 and 24 abort when a thread
 * with top-level await in its modules is terminated.
 */
function monotonicOnBun(): () => bigint {
  const bun: { monotonicNs: () => bigint } = createRequire(import.meta.url)('./monotonic-bun.js');
  return bun.monotonicNs;
}

/** Number of readings used to determine the offset between the two clocks. */
const READINGS = 20;

/**
 * Creates a clock that counts from an epoch taken with `monotonicNs` in any process of this host. It uses
 * `performance.now()`, which follows the same clock and is cheaper to call. If the process is interrupted
 * between reading one clock and the other, their offset appears too large, so the fastest reading is used.
 */
export function clockSince(epochNs: bigint, readNs = monotonicNs): Clock {
  let offsetUs = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading++) {
    const before = performance.now();
    const sinceEpochUs = Number(readNs() - epochNs) / 1e3;
    const after = performance.now();
    if (after - before >= leastMs) continue;
    leastMs = after - before;
    offsetUs = sinceEpochUs - ((before + after) / 2) * 1e3;
  }
  return () => performance.now() * 1e3 + offsetUs;
}
