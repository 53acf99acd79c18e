import type { Conclusion } from '../../model/conclusion.ts';
import type { ResultIndex } from '../../model/result.ts';
import { conclusionOf } from '../conclusion.ts';
import { CALIBRATION } from './calibration.ts';
import { CAPACITY } from './capacity.ts';
import { COMPARISON } from './comparison.ts';
import type { ConclusionOf, Headline, KindName, ResultKind } from './kind.ts';
import { LADDER } from './ladder.ts';
import { SIZE } from './size.ts';

/** All kinds. A result with conclusions of several kinds belongs to the one that comes last in this list. */
const KINDS: { readonly [K in KindName]: ResultKind<K> } = {
  comparison: COMPARISON,
  capacity: CAPACITY,
  ladder: LADDER,
  size: SIZE,
  calibration: CALIBRATION,
};

/** A kind, and the conclusion that makes a result belong to this kind. */
export interface FoundKind<K extends KindName = KindName> {
  name: K;
  kind: ResultKind<K>;
  found: ConclusionOf<K>;
}

/** All kinds whose conclusion a result contains, in the order of `KINDS`. */
export function kindsIn(result: { conclusions: readonly Conclusion[] }): FoundKind[] {
  return (Object.keys(KINDS) as KindName[]).flatMap((name) => {
    const found = conclusionOf(result, name);
    // The cast is safe, because the kind and the conclusion have the same name.
    return found === null ? [] : [{ name, kind: KINDS[name], found } as FoundKind];
  });
}

/** The kind of a result; null if the result consists only of runs. */
export function kindOf(result: { conclusions: readonly Conclusion[] }): FoundKind | null {
  return kindsIn(result).at(-1) ?? null;
}

/** A result's main finding; null if the result consists only of runs. */
export function headlineOf(index: ResultIndex): Headline | null {
  const of = kindOf(index);
  return of && { kind: of.name, ...of.kind.headline(of.found, index) };
}
