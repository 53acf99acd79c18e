import { createRequire } from 'node:module';

/** Returns the monotonic time in µs since a run's epoch, including fractions. */
export type Clock = () => number;

/**
 * Returns the current CLOCK_MONOTONIC time in ns, which is the same for all processes on a host. On Node.js,
 * `process.hrtime.bigint()` reads it. On Bun, that function counts from the start of the process, so libc is
 * called instead.
 */
export const monotonicNs: () => bigint =
  process.versions.bun === undefined ? () => process.hrtime.bigint() : monotonicOnBun();

/**
 * Loads the implementation for Bun. Uses `require` instead of `await import`, because Node.js 22 and 24 abort
 * if a thread whose modules use top-level await is terminated.
 */
function monotonicOnBun(): () => bigint {
  const bun: { monotonicNs: () => bigint } = createRequire(import.meta.url)('./monotonic-bun.js');
  return bun.monotonicNs;
}

/** Number of readings from which the offset between `performance.now()` and `monotonicNs` is determined. */
const READINGS = 20;

/**
 * Creates a clock that counts from an epoch taken with `monotonicNs` in any process on this host. It uses
 * `performance.now()`, which follows the same underlying clock and is cheaper to call. An interruption
 * between the calls to the two functions would distort their offset, so the reading that took the least time
 * is used.
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
