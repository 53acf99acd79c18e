import type { Comparison } from '../../model/comparison.ts';
import type { Result } from '../../model/result.ts';

/** What a result says of variants beside each other; null where it is no comparison. */
export function comparisonOf({ conclusions }: Pick<Result, 'conclusions'>): Comparison | null {
  return conclusions.find((each) => each.kind === 'comparison') ?? null;
}
