import type { Conclusion } from '../model/conclusion.ts';

/** Returns a result's conclusion of this kind; null if it has none. */
export function conclusionOf<K extends Conclusion['kind']>(
  { conclusions }: { conclusions: readonly Conclusion[] },
  kind: K,
): Extract<Conclusion, { kind: K }> | null {
  const isOf = (each: Conclusion): each is Extract<Conclusion, { kind: K }> => each.kind === kind;
  return conclusions.find(isOf) ?? null;
}
