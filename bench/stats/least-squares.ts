import type { Estimate } from '../model/estimate.ts';
import { eliminate } from './linear-system.ts';
import { studentFactor } from './student.ts';

/** A measurement `y` at the point `x`. */
export interface Observation {
  x: readonly number[];
  y: number;
}

/** The model y = Σ coefficient × x, fitted to observations. */
export interface LinearFit {
  /** One coefficient per coordinate, with its 95 % interval. */
  coefficients: readonly Estimate[];
  /** The expected y at a point, with its 95 % interval. */
  at(x: readonly number[]): Estimate;
}

/**
 * Fits a sum without a constant term by ordinary least squares.
 *
 * @returns null if the observations do not outnumber the coefficients, or do not determine them
 */
export function fitSum(observations: readonly Observation[]): LinearFit | null {
  const width = observations[0]?.x.length ?? 0;
  const freedom = observations.length - width;
  if (width === 0 || freedom < 1) return null;
  const columns = Array.from({ length: width }, (_, at) => at);
  // Columns may have different units. Scaling them to the same length makes the equations well conditioned.
  const lengths = columns.map((at) => Math.hypot(...observations.map(({ x }) => x[at] as number)));
  if (lengths.includes(0)) return null;
  const scaled = (x: readonly number[]) => columns.map((at) => (x[at] as number) / (lengths[at] as number));
  const rows = observations.map(({ x, y }) => ({ x: scaled(x), y }));
  const matrix = columns.map((i) =>
    columns.map((j) => rows.reduce((sum, { x }) => sum + (x[i] as number) * (x[j] as number), 0)),
  );
  const solve = (right: readonly number[]) =>
    eliminate(matrix.map((row, at) => [...row, right[at] as number]));
  const found = solve(columns.map((i) => rows.reduce((sum, { x, y }) => sum + (x[i] as number) * y, 0)));
  if (found === null) return null;
  const residuals = rows.reduce((sum, { x, y }) => sum + (y - dot(x, found)) ** 2, 0);
  const factor = studentFactor(freedom) * Math.sqrt(residuals / freedom);
  const at = (x: readonly number[]): Estimate => {
    const point = scaled(x);
    const value = dot(point, found);
    const reach = factor * Math.sqrt(Math.max(0, dot(point, solve(point) as number[])));
    return { value, low: value - reach, high: value + reach };
  };
  return { coefficients: columns.map((own) => at(columns.map((each) => (each === own ? 1 : 0)))), at };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, each, at) => sum + each * (b[at] as number), 0);
}
