/**
 * Logarithms that differ by less than this count as equal. Values have few digits, so ratios of equal size
 * are common. Because of rounding, however, the absolute logarithms of 2 ÷ 3 and 3 ÷ 2 differ in the last
 * digit.
 */
export const SAME = 1e-9;

/**
 * Returns twice the rank of each value. The smallest value has rank 1; equal values share the mean of their
 * ranks (midranks). Ranks are doubled because midranks end in .0 or .5, and only whole numbers can index an
 * array of counts.
 */
export function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length);
  for (let first = 0, end = 0; first < order.length; first = end) {
    const { value } = order[first] as { value: number };
    while (end < order.length && (order[end] as { value: number }).value - value < SAME) end++;
    for (const { index } of order.slice(first, end)) ranks[index] = first + 1 + end;
  }
  return ranks;
}
