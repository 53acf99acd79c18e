/**
 * Memory cost of one additional connection: the slope of a straight line fitted to memory measured at several
 * connection counts.
 */
export interface Slope {
  /** Bytes per connection. */
  bytes: number;
  /** Bounds of the 95 % confidence interval. */
  low: number;
  high: number;
  /** Number of different connection counts measured. */
  sizes: number;
}

/** 97.5th percentile of Student's t distribution, by degrees of freedom starting at 1. */
const T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/**
 * Computes the ordinary least squares slope with its 95 % confidence interval (standard error of the slope ×
 * Student's t with n − 2 degrees of freedom). Null if there are fewer than three points, if there are more than
 * twelve, or if all sizes are equal.
 */
export function slopeOf(points: readonly { size: number; bytes: number }[]): Slope | null {
  const sizes = points.length;
  const t = T_975[sizes - 3];
  if (t === undefined) return null;
  const mean = (of: (point: { size: number; bytes: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / sizes;
  const [x, y] = [mean(({ size }) => size), mean(({ bytes }) => bytes)];
  const spread = points.reduce((sum, { size }) => sum + (size - x) ** 2, 0);
  if (spread === 0) return null;
  const slope = points.reduce((sum, { size, bytes }) => sum + (size - x) * (bytes - y), 0) / spread;
  const residuals = points.reduce((sum, { size, bytes }) => sum + (bytes - y - slope * (size - x)) ** 2, 0);
  const reach = t * Math.sqrt(residuals / (sizes - 2) / spread);
  return { bytes: slope, low: slope - reach, high: slope + reach, sizes };
}
