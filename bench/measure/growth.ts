import type { Span } from './span.ts';

/** A counter that only grows, as it was seen at one moment. */
type Seen<Counter extends string> = { readonly atUs: number } & Readonly<Record<Counter, number>>;

/** By how much a counter grew in a span, on the straight lines between its samples, which ascend in time. */
export function growth<Counter extends string>(
  samples: readonly Seen<Counter>[],
  counter: Counter,
  span: Span,
): number {
  return Math.max(0, valueAt(samples, counter, span.endUs) - valueAt(samples, counter, span.startUs));
}

/** The last sample that was taken at this moment or before. */
export function sampleBefore<Sample extends { readonly atUs: number }>(
  samples: readonly Sample[],
  atUs: number,
): Sample | undefined {
  return samples[countUntil(samples, atUs) - 1];
}

/** Before the first sample and after the last the counter stands still. */
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

/** How many samples were taken until then; by halves, for a long run has thousands. */
function countUntil(samples: readonly { readonly atUs: number }[], atUs: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.atUs ?? 0) <= atUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
