/** µs since a run's epoch, with fractions; monotonic. */
export type Clock = () => number;

/**
 * A clock that counts from an epoch taken with `process.hrtime.bigint()` in any process of this host:
 * both it and `performance.now()` read CLOCK_MONOTONIC, and the second is the cheaper one to call.
 */
export function clockSince(epochNs: bigint): Clock {
  const offsetUs = Number(process.hrtime.bigint() - epochNs) / 1e3 - performance.now() * 1e3;
  return () => performance.now() * 1e3 + offsetUs;
}
