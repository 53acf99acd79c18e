import { createRequire } from 'node:module';

/** µs since a run's epoch, with fractions; monotonic. */
export type Clock = () => number;

/**
 * Now in ns of CLOCK_MONOTONIC, which all processes of a host share. `process.hrtime.bigint()` reads it on Node;
 * on Bun that counts from the beginning of the process, so there libc is asked.
 */
export const monotonicNs: () => bigint =
  process.versions.bun === undefined ? () => process.hrtime.bigint() : monotonicOnBun();

/** Required and not awaited: Node 22 and 24 abort when a thread is ended whose modules wait for one another. */
function monotonicOnBun(): () => bigint {
  const bun: { monotonicNs: () => bigint } = createRequire(import.meta.url)('./monotonic-bun.js');
  return bun.monotonicNs;
}

/** Readings that the offset of the two clocks is taken from. */
const READINGS = 20;

/**
 * A clock that counts from an epoch taken with `monotonicNs` in any process of this host: `performance.now()`
 * goes by the same clock, and is the cheaper one to call. Where the process is interrupted between reading one
 * and the other they seem further apart than they are, so the reading that took the least time counts.
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
