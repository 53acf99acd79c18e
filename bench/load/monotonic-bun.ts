import { dlopen, ptr } from 'bun:ffi';

/** Clock ID from linux/time.h. */
const CLOCK_MONOTONIC = 1;

const { symbols } = dlopen('libc.so.6', { clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' } });
/** A `struct timespec`: seconds and nanoseconds. */
const time = new BigInt64Array(2);
const address = ptr(time);

/** Implements `monotonicNs` of clock.ts for Bun. */
export function monotonicNs(): bigint {
  symbols.clock_gettime(CLOCK_MONOTONIC, address);
  const [seconds = 0n, ns = 0n] = time;
  return seconds * 1_000_000_000n + ns;
}
