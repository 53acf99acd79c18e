/**
 * p-values adjusted for being several, by Holm's step-down method ("A simple sequentially rejective multiple
 * test procedure", Scandinavian Journal of Statistics 6, 1979): whoever rejects where the adjusted p is below
 * α has a probability of at most α to reject anything wrongly, however the comparisons depend on each other.
 *
 * @returns in the order of the input; never below the p-value itself, never above 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  let least = 0;
  for (const [step, { p, index }] of ascending.entries()) {
    least = Math.max(least, Math.min(1, p * (pValues.length - step)));
    adjusted[index] = least;
  }
  return adjusted;
}
