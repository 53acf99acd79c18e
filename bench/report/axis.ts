import type { AxisSpec } from './page/spec.ts';

/** Maximum number of labelled ticks; more would overlap on a narrow chart. */
const MOST_TICKS = 7;

/**
 * A logarithmic time axis (µs). It starts at 1, 2 or 5 times a power of ten, below the smallest value, and
 * ends at another such step above the largest. Its ticks are these steps, or only the decades if there would
 * be too many.
 */
export function timeAxis(title: string, values: readonly (number | null)[]): AxisSpec {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of values) {
    if (value === null || value <= 0) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const axis: AxisSpec = { title, unit: 'time', logarithmic: true };
  if (most === 0) return axis;
  const steps = stepsBetween(least, most);
  const decades = steps.filter((step) => Number.isInteger(Math.round(Math.log10(step) * 1e6) / 1e6));
  return {
    ...axis,
    min: Math.min(...steps),
    max: Math.max(...steps),
    ticks: steps.length > MOST_TICKS ? decades : steps,
  };
}

/**
 * The steps 1, 2, 5, 10, 20, 50, … from the last step at or below `least` to the first at or above `most`.
 */
function stepsBetween(least: number, most: number): number[] {
  const steps: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); ; decade++) {
    for (const lead of [1, 2, 5]) {
      const step = lead * 10 ** decade;
      if (step <= least) steps.length = 0;
      steps.push(step);
      if (step >= most && step > least) return steps;
    }
  }
}

/** A linear axis of bytes (or bytes per second) that starts at 0 and whose steps are a power of two. */
export function bytesAxis(title: string, unit: 'bytes' | 'bytesRate', most: number): AxisSpec {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, most) / (MOST_TICKS - 1))));
  const count = Math.max(1, Math.ceil(most / step));
  return {
    title,
    unit,
    min: 0,
    max: count * step,
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}
