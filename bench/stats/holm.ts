/**
 * Adjusts p-values for multiple tests using Holm's step-down method ("A simple sequentially rejective
 * multiple test procedure", Scandinavian Journal of Statistics 6, 1979). If every hypothesis with an adjusted
 * p below α is rejected, the probability of any false rejection is at most α, regardless of how the
 * comparisons depend on each other.
 *
 * @param weights each test's share of α, in any unit (section 4 of the same paper); equal by default.
 * @returns adjusted p-values in the order of the input; never below the original p-value, never above 1.
 */
export function holm(
  pValues: readonly number[],
  weights: readonly number[] = pValues.map(() => 1),
): number[] {
  const adjusted = new Array<number>(pValues.length);
  const weighed = pValues.map((p, index) => ({ p, weight: weights[index] as number, index }));
  let least = 0;
  let remaining = weights.reduce((sum, weight) => sum + weight, 0);
  for (const { p, weight, index } of weighed.sort((a, b) => a.p / a.weight - b.p / b.weight)) {
    // For the last value, `remaining` equals its weight except for rounding errors.
    least = Math.max(least, Math.min(1, p * Math.max(1, remaining / weight)));
    adjusted[index] = least;
    remaining -= weight;
  }
  return adjusted;
}
