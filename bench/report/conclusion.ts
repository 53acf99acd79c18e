import type { Conclusion } from '../model/conclusion.ts';

/** The conclusion of this kind in a result; null if there is none. */
export function conclusionOf<K extends Conclusion['kind']>(
  { conclusions }: { conclusions: readonly Conclusion[] },
  kind: K,
): Extract<Conclusion, { kind: K }> | null {
  const isOf = (each: Conclusion): each is Extract<Conclusion, { kind: K }> => each.kind === kind;
  return conclusions.find(isOf) ?? null;
}
