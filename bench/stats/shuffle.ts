import { randomFrom } from '../model/random.ts';

/**
 * Returns the order in which the variants run within a round, counted from 1. Every permutation is equally
 * likely, and the same seed and round give the same order. It is random because the position within a round
 * has an effect of its own. Every second round reverses the order of the previous round, so that each variant
 * is early as often as late.
 */
export function roundOrder<T>(variants: readonly T[], round: number, seed: number): T[] {
  const isReversed = round % 2 === 0;
  const order = shuffled(variants, randomFrom(seed + round - (isReversed ? 1 : 0)));
  return isReversed ? order.reverse() : order;
}

/** Returns a random permutation (Fisher and Yates, in Durstenfeld's form). The input is not modified. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [result[last], result[chosen]] = [result[chosen] as T, result[last] as T];
  }
  return result;
}
