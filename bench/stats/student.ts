/** 97.5th percentiles of Student's t distribution for 1 to 10 degrees of freedom. */
const EXACT = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
const NORMAL = 1.959964;

/**
 * Returns the 97.5th percentile of Student's t distribution, the factor of a 95 % interval. Above ten degrees of
 * freedom, it is computed with expansion 26.7.5 of Abramowitz and Stegun; the error is below 0.0001.
 *
 * @param freedom degrees of freedom
 * @throws RangeError if `freedom` is below 1
 */
export function studentFactor(freedom: number): number {
  if (freedom < 1) throw new RangeError('Student’s t has at least one degree of freedom.');
  const exact = EXACT[freedom - 1];
  if (exact !== undefined) return exact;
  const z = NORMAL;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
