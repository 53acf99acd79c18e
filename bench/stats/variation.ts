/**
 * Computes the coefficient of variation: the sample standard deviation (with n − 1), divided by the mean.
 *
 * @param values above 0
 * @returns null with fewer than two values
 */
export function variation(values: readonly number[]): number | null {
  const count = values.length;
  if (count < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (count - 1)) / mean;
}
