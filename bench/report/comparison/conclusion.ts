import type { Comparison } from '../../model/comparison.ts';
import type { Result } from '../../model/result.ts';

/** The comparison in a result; null if there is none. */
export function comparisonOf({ conclusions }: Pick<Result, 'conclusions'>): Comparison | null {
  return conclusions.find((each) => each.kind === 'comparison') ?? null;
}
