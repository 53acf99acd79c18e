/** From this z on, the continued fraction is more accurate than the Taylor series. */
const TAIL_FROM = 3;
const FRACTION_DEPTH = 80;

/**
 * Returns P(Z ≥ z) of the standard normal distribution to about 14 digits, even in the far tail. Near the
 * middle, it uses the Taylor series (Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical
 * Software 11(4), 2004). In the tail, where rounding errors of the series would exceed the small probability,
 * it uses Laplace's continued fraction (Abramowitz and Stegun 26.2.14).
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return z < TAIL_FROM ? 0.5 - density * taylorSum(z) : density / tailFraction(z);
}

/** Returns z + z³/3 + z⁵/(3·5) + z⁷/(3·5·7) + … */
function taylorSum(z: number): number {
  let term = z;
  let sum = z;
  for (let divisor = 3; term > sum * Number.EPSILON; divisor += 2) {
    term *= (z * z) / divisor;
    sum += term;
  }
  return sum;
}

/** Returns z + 1/(z + 2/(z + 3/(z + …))). */
function tailFraction(z: number): number {
  let fraction = z;
  for (let k = FRACTION_DEPTH; k >= 1; k--) fraction = z + k / fraction;
  return fraction;
}
