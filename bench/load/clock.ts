/** µs since a run's epoch, with fractions; monotonic. */
export type Clock = () => number;

/**
 * Now in ns of CLOCK_MONOTONIC, which all processes of a host share. `process.hrtime.bigint()` reads it on Node;
 * on Bun that counts from the beginning of the process, so there libc is asked.
 */
export const monotonicNs: () => bigint =
  process.versions.bun === undefined
    ? () => process.hrtime.bigint()
    : (await import('./monotonic-bun.ts')).monotonicNs;

/**
 * A clock that counts from an epoch taken with `monotonicNs` in any process of this host: `performance.now()`
 * goes by the same clock, and is the cheaper one to call.
 */
export function clockSince(epochNs: bigint): Clock {
  const offsetUs = Number(monotonicNs() - epochNs) / 1e3 - performance.now() * 1e3;
  return () => performance.now() * 1e3 + offsetUs;
}
