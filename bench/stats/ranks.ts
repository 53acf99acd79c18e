/**
 * Logarithms closer than this are equal. Figures have few digits, so equal ratios are common, and rounding
 * makes 2 ÷ 3 and 3 ÷ 2 differ by one unit in the last place of their logarithms.
 */
export const SAME = 1e-9;

/**
 * Twice the rank of each value, 1 for the smallest, equal values sharing the mean of their ranks (midranks).
 * Doubled, because midranks end in .0 or .5 and whole numbers can index an array of counts.
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
