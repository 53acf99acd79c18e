import type { Span } from './span.ts';

/** A monotonic counter's value at one moment. */
type Seen<Counter extends string> = { readonly atUs: number } & Readonly<Record<Counter, number>>;

/**
 * Returns how much a counter grew during a span, by linear interpolation between its samples, which must be
 * in ascending order of time.
 */
export function growth<Counter extends string>(
  samples: readonly Seen<Counter>[],
  counter: Counter,
  span: Span,
): number {
  return Math.max(0, valueAt(samples, counter, span.endUs) - valueAt(samples, counter, span.startUs));
}

/** Returns the last sample taken at or before a given time. */
export function sampleBefore<Sample extends { readonly atUs: number }>(
  samples: readonly Sample[],
  atUs: number,
): Sample | undefined {
  return samples[countUntil(samples, atUs) - 1];
}

/**
 * Interpolates the counter's value. Before the first sample and after the last, the value is assumed to be
 * constant.
 */
function valueAt<Counter extends string>(
  samples: readonly Seen<Counter>[],
  counter: Counter,
  atUs: number,
): number {
  const count = countUntil(samples, atUs);
  const before = samples[count - 1];
  const after = samples[count];
  if (before === undefined || after === undefined) return (before ?? after)?.[counter] ?? 0;
  const share = (atUs - before.atUs) / (after.atUs - before.atUs);
  return before[counter] + share * (after[counter] - before[counter]);
}

/**
 * Counts the samples taken up to a given time. Uses binary search, because a long run has thousands of
 * samples.
 */
function countUntil(samples: readonly { readonly atUs: number }[], atUs: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle] as { atUs: number }).atUs <= atUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
