import type { Estimate } from '../model/estimate.ts';
import { studentFactor } from './student.ts';

/** Returns an estimate without uncertainty, for values that follow from arithmetic alone. */
export function exactly(value: number): Estimate {
  return { value, low: value, high: value };
}

/**
 * Returns the mean of repeated measurements with its 95 % interval (Student's t); null for fewer than two
 * measurements, whose variation is unknown.
 */
export function meanOf(values: readonly number[]): Estimate | null {
  const count = values.length;
  if (count < 2) return null;
  const value = values.reduce((sum, each) => sum + each, 0) / count;
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const reach = studentFactor(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value, low: value - reach, high: value + reach };
}

/**
 * Returns Σ factor × estimate for independent estimates. Their errors add up as the square root of the sum of
 * squares, because it is unlikely that all are at the same end of their intervals.
 *
 * @param terms their factors must be at least 0
 */
export function sumOf(terms: readonly (readonly [factor: number, estimate: Estimate])[]): Estimate {
  const value = terms.reduce((sum, [factor, each]) => sum + factor * each.value, 0);
  const reach = (side: 'low' | 'high') =>
    Math.hypot(...terms.map(([factor, each]) => factor * (each[side] - each.value)));
  return { value, low: value - reach('low'), high: value + reach('high') };
}

/** Applies a function that never decreases, or never increases, to an estimate and both ends of its interval. */
export function mapped({ value, low, high }: Estimate, of: (value: number) => number): Estimate {
  const ends = [of(low), of(high)];
  return { value: of(value), low: Math.min(...ends), high: Math.max(...ends) };
}

/** Clamps an estimate of a quantity that cannot be negative to at least 0. */
export function atLeastZero(estimate: Estimate): Estimate {
  return mapped(estimate, (value) => Math.max(0, value));
}
