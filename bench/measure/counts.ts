/**
 * Histogram counts are stored in a flat array in HdrHistogram's layout: 3 significant digits and a lowest
 * value of 1, which gives 2,048 sub-buckets (HdrHistogram.java, `countsArrayIndex`). Recording is on the
 * generator's hot path: computing an index and incrementing the count takes about 5 ns, whereas `recordValue`
 * of an auto-resizing histogram takes 200 ns.
 */
const SUB_BUCKETS = 2048;
const SUB_BUCKET_HALF = SUB_BUCKETS / 2;
const SUB_BUCKET_HALF_BITS = 10;

/**
 * Highest value that can be recorded, in µs: 2^31 − 1 (35 minutes). Larger values are recorded as this value.
 */
export const HIGHEST_US = 2 ** 31 - 1;

/** Returns the index of the bucket for an integer 0 ≤ value ≤ HIGHEST_US. */
export function bucketIndex(value: number): number {
  const bucket = 32 - Math.clz32(value | (SUB_BUCKETS - 1)) - (SUB_BUCKET_HALF_BITS + 1);
  return ((bucket + 1) << SUB_BUCKET_HALF_BITS) + (value >>> bucket) - SUB_BUCKET_HALF;
}

/**
 * Returns a bucket's lowest value. When a histogram is read, this value represents all values in the bucket.
 */
export function bucketValue(index: number): number {
  const bucket = (index >> SUB_BUCKET_HALF_BITS) - 1;
  const sub = (index & (SUB_BUCKET_HALF - 1)) + SUB_BUCKET_HALF;
  return bucket < 0 ? index : sub * 2 ** bucket;
}

/** Number of buckets, and therefore an exclusive upper bound for bucket indexes. */
export const BUCKETS = bucketIndex(HIGHEST_US) + 1;

/** A histogram of one kind of duration, in µs. */
export class Counts {
  readonly #counts = new Uint32Array(BUCKETS);
  #lowest = BUCKETS;
  #highest = -1;

  /** Records a duration in µs. Fractions are rounded, and values outside 0..HIGHEST_US are clamped. */
  record(us: number): void {
    const value = us <= 0 ? 0 : us >= HIGHEST_US ? HIGHEST_US : (us + 0.5) | 0;
    const index = bucketIndex(value);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    if (index < this.#lowest) this.#lowest = index;
    if (index > this.#highest) this.#highest = index;
  }

  /** Returns (bucket index, count) pairs for all non-empty buckets, and resets the counts to 0. */
  drain(): Uint32Array {
    const counts = this.#counts;
    let filled = 0;
    for (let i = this.#lowest; i <= this.#highest; i++) if (counts[i] !== 0) filled++;
    const pairs = new Uint32Array(filled * 2);
    let at = 0;
    for (let i = this.#lowest; i <= this.#highest; i++) {
      const count = counts[i] as number;
      if (count === 0) continue;
      pairs[at++] = i;
      pairs[at++] = count;
      counts[i] = 0;
    }
    this.#lowest = BUCKETS;
    this.#highest = -1;
    return pairs;
  }
}
