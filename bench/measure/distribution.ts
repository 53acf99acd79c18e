import { bucketsOf, type Histogram, supportedPercentile } from './histogram.ts';

/** A point on the percentile axis x = 1 / (1 − p): x = 1 is the minimum, 10 is p90 and 1000 is p99.9. */
export interface PercentilePoint {
  x: number;
  valueUs: number;
}

/** Points per doubling of x. The points are close enough for a line through them to show every knee. */
const STEPS_PER_DOUBLING = 6;

/** Returns the latency at increasing percentiles, up to the highest that the number of samples supports. */
export function percentileCurve(histogram: Histogram): PercentilePoint[] {
  const points: PercentilePoint[] = [];
  for (let step = 0; ; step++) {
    const x = 2 ** (step / STEPS_PER_DOUBLING);
    const valueUs = supportedPercentile(histogram, 100 - 100 / x);
    if (valueUs === null) return points;
    points.push({ x, valueUs });
  }
}

/** One bar of a latency histogram: the samples with fromUs ≤ value < toUs. */
export interface Bin {
  fromUs: number;
  toUs: number;
  count: number;
}

const BINS_PER_DECADE = 20;

/**
 * Groups samples into bins of equal width on a logarithmic axis. Values below 1 µs are put into the first
 * bin.
 */
export function logBins(histogram: Histogram): Bin[] {
  const counts = new Map<number, number>();
  for (const [valueUs, count] of bucketsOf(histogram)) {
    const number = Math.floor(Math.log10(Math.max(1, valueUs)) * BINS_PER_DECADE);
    counts.set(number, (counts.get(number) ?? 0) + count);
  }
  const numbers = [...counts.keys()];
  const bins: Bin[] = [];
  for (let number = Math.min(...numbers); number <= Math.max(...numbers); number++) {
    bins.push({ fromUs: edge(number), toUs: edge(number + 1), count: counts.get(number) ?? 0 });
  }
  return bins;
}

/** Groups samples into bins of `widthUs` each, from 0 to the largest sample. */
export function evenBins(histogram: Histogram, widthUs: number): Bin[] {
  const bins: Bin[] = [];
  for (const [valueUs, count] of bucketsOf(histogram)) {
    const number = Math.floor(valueUs / widthUs);
    while (bins.length <= number)
      bins.push({ fromUs: bins.length * widthUs, toUs: (bins.length + 1) * widthUs, count: 0 });
    const bin = bins[number];
    if (bin !== undefined) bin.count += count;
  }
  return bins;
}

function edge(bin: number): number {
  return 10 ** (bin / BINS_PER_DECADE);
}
