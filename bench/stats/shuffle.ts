import { randomFrom } from '../model/random.ts';

/**
 * Returns the order in which the variants run in a round. Rounds are counted from 1. The same seed and round
 * always give the same order, and every permutation is equally likely. The order is random because a variant's
 * position within the round affects its results. Every second round reverses the order of the previous round,
 * so each variant runs early as often as late.
 */
export function roundOrder<T>(variants: readonly T[], round: number, seed: number): T[] {
  const isReversed = round % 2 === 0;
  const order = shuffled(variants, randomFrom(seed + round - (isReversed ? 1 : 0)));
  return isReversed ? order.reverse() : order;
}

/** Returns a random permutation (Fisher–Yates shuffle, Durstenfeld's version). The input is not modified. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [result[last], result[chosen]] = [result[chosen] as T, result[last] as T];
  }
  return result;
}
