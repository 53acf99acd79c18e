import { createRequire } from 'node:module';

/** µs since a run's epoch, with fractions; monotonic. */
export type Clock = () => number;

/**
 * The current time in ns of CLOCK_MONOTONIC, which all processes of a host share. On Node,
 * `process.hrtime.bigint()` reads it. On Bun that counts from the start of the process, so libc is called instead.
 */
export const monotonicNs: () => bigint =
  process.versions.bun === undefined ? () => process.hrtime.bigint() : monotonicOnBun();

/**
 * Uses require rather than await: Node 22 and 24 abort when a thread with top-level await in its modules is
 * terminated.
 */
function monotonicOnBun(): () => bigint {
  const bun: { monotonicNs: () => bigint } = createRequire(import.meta.url)('./monotonic-bun.js');
  return bun.monotonicNs;
}

/** Number of readings from which the offset between the two clocks is determined. */
const READINGS = 20;

/**
 * A clock that counts from an epoch taken with `monotonicNs` in any process of this host. It uses
 * `performance.now()`, which follows the same clock and is cheaper to call. If the process is interrupted between
 * reading one clock and the other, their offset appears too large, so the fastest reading counts.
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
