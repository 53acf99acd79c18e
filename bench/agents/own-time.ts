import type { ProcessSeries } from '../model/run.ts';

/**
 * Moves the samples of a process on another host to this host's clock, so that its CPU time is attributed to the
 * right phases.
 *
 * @param toOwn converts a time, in µs since the run's epoch (ownTimes in clock-offset.ts)
 */
export function inOwnTime(series: ProcessSeries, toOwn: (otherUs: number) => number): ProcessSeries {
  const at = (otherUs: number) => Math.max(0, Math.round(toOwn(otherUs)));
  return {
    ...series,
    bornUs: series.bornUs === null ? null : at(series.bornUs),
    endedUs: series.endedUs === null ? null : at(series.endedUs),
    samples: series.samples.map((sample) => ({ ...sample, atUs: at(sample.atUs) })),
  };
}
