import type { MetricUnit } from '../model/metric.ts';
import { bytesAxis, timeAxis } from './axis.ts';

/** Maps values to positions on a plot, and lists the values to label. */
export interface Scale {
  at(value: number): number;
  ticks: readonly number[];
}

/** Creates a logarithmic scale that covers the values. Its ends are 1, 2 or 5 times a power of ten. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const { min = 1, max = 10, ticks = [] } = timeAxis('', values);
  const at = (value: number) => from + (Math.log(value / min) / Math.log(max / min)) * (to - from);
  return { at, ticks };
}

/** Creates a logarithmic scale from the smallest level to `end`. A level has a label if there is room for it. */
export function levelScale(
  levels: readonly number[],
  end: number,
  { from, to, room }: { from: number; to: number; room: number },
): Scale {
  const [first = 1] = levels;
  const reach = Math.log(end / first) || 1;
  const at = (level: number) => from + (Math.log(level / first) / reach) * (to - from);
  const ticks: number[] = [];
  for (const level of levels) {
    const before = ticks.at(-1);
    if (before === undefined || at(level) - at(before) >= room) ticks.push(level);
  }
  return { at, ticks };
}

/** If the largest value is more than this many times the smallest, a linear scale would hide the small values. */
const WIDE = 20;
const MOST_STEPS = 6;

/** Creates a linear scale from 0, or a logarithmic scale if all values are positive and differ widely. */
export function figureScale(values: readonly number[], unit: MetricUnit, from: number, to: number): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least > 0 && most / least > WIDE) return logScale(values, from, to);
  const { max = 1, ticks = [] } =
    unit === 'bytes' || unit === 'bytesRate' ? bytesAxis('', unit, most) : linearAxis(most);
  return { at: (value) => from + (value / max) * (to - from), ticks };
}

/** Creates a scale with 0 in the middle. */
export function signedScale(values: readonly number[], from: number, to: number): Scale {
  const { max } = linearAxis(Math.max(0.01, ...values.map(Math.abs)));
  const at = (value: number) => from + ((value + max) / (2 * max)) * (to - from);
  return { at, ticks: [-max, -max / 2, 0, max / 2, max] };
}

/** Returns ticks from 0 to at least `most`, spaced by 1, 2 or 5 times a power of ten. */
function linearAxis(most: number): { max: number; ticks: number[] } {
  const top = most > 0 ? most : 1;
  const power = 10 ** Math.floor(Math.log10(top / MOST_STEPS));
  const step = power * ([1, 2, 5].find((lead) => lead * power * MOST_STEPS >= top) ?? 10);
  const count = Math.ceil(top / step - 1e-9);
  return { max: count * step, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}
