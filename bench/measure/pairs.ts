/** A sparse histogram: (bucket index, count) pairs, sorted by index. */
export type Pairs = Uint32Array;

/** Merges two lists of (bucket index, count) pairs, both sorted by index. The result is exact. */
export function mergePairs(a: Pairs | undefined, b: Pairs): Pairs {
  if (a === undefined) return b;
  const merged = new Uint32Array(a.length + b.length);
  let [i, j, at] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const left = i < a.length ? (a[i] as number) : Number.POSITIVE_INFINITY;
    const right = j < b.length ? (b[j] as number) : Number.POSITIVE_INFINITY;
    merged[at++] = Math.min(left, right);
    merged[at++] = (left <= right ? (a[i + 1] as number) : 0) + (right <= left ? (b[j + 1] as number) : 0);
    if (left <= right) i += 2;
    if (right <= left) j += 2;
  }
  return merged.slice(0, at);
}

/** Converts a map from bucket index to count into (bucket index, count) pairs, sorted by index. */
export function pairsOf(counts: ReadonlyMap<number, number>): Pairs {
  return Uint32Array.from([...counts].sort(([a], [b]) => a - b).flat());
}
