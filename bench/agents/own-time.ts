/** Samples of a process or a machine on another host. Times are in µs since the run's epoch. */
interface Sampled {
  samples: readonly { atUs: number }[];
  bornUs?: number | null;
  endedUs?: number | null;
}

/**
 * Converts the times of another host's samples to this host's clock, so that CPU time is attributed to the
 * right phases.
 *
 * @param toOwn converts a time, in µs since the run's epoch (ownTimes in clock-offset.ts)
 */
export function inOwnTime<Series extends Sampled>(
  series: Series,
  toOwn: (otherUs: number) => number,
): Series {
  const at = (otherUs: number) => Math.max(0, Math.round(toOwn(otherUs)));
  const { bornUs, endedUs } = series;
  return {
    ...series,
    ...(bornUs == null ? {} : { bornUs: at(bornUs) }),
    ...(endedUs == null ? {} : { endedUs: at(endedUs) }),
    samples: series.samples.map((sample) => ({ ...sample, atUs: at(sample.atUs) })),
  };
}
