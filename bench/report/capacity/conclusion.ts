import type { CapacitySearch } from '../../model/capacity.ts';
import type { Result } from '../../model/result.ts';

/** The capacity search in a result; null if there is none. */
export function capacityOf({ conclusions }: Pick<Result, 'conclusions'>): CapacitySearch | null {
  return conclusions.find((each) => each.kind === 'capacity') ?? null;
}
