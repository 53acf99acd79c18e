import { randomFrom } from '../model/random.ts';

/**
 * The order in which the variants run within a round: every permutation is equally likely, and the same seed
 * and round give the same one. Drawn, because the position within a round has an effect of its own.
 */
export function roundOrder<T>(variants: readonly T[], round: number, seed: number): T[] {
  return shuffled(variants, randomFrom(seed + round));
}

/** A random permutation (Fisher and Yates, in Durstenfeld's form); the input is left as it is. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [result[last], result[chosen]] = [result[chosen] as T, result[last] as T];
  }
  return result;
}
