import type { CapacitySearch } from '../../model/capacity.ts';
import type { Result } from '../../model/result.ts';

/** What a result says of the capacity of a variant; null where that was not the question. */
export function capacityOf({ conclusions }: Pick<Result, 'conclusions'>): CapacitySearch | null {
  return conclusions.find((each) => each.kind === 'capacity') ?? null;
}
