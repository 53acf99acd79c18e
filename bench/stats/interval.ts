/** Significance level of every test. Every interval has a confidence level of 1 − α, which is 95 %. */
export const ALPHA = 0.05;

/** A confidence interval, including both bounds. */
export interface Interval {
  low: number;
  high: number;
}

export function contains({ low, high }: Interval, value: number): boolean {
  return low <= value && value <= high;
}
