import { inflateSync } from 'node:zlib';
import { encodeIntoCompressedBase64, Float64Histogram } from 'hdr-histogram-js';
import { BUCKETS, bucketValue } from './counts.ts';
import type { Pairs } from './pairs.ts';

/** The histogram type used throughout: values in µs, with 3 significant digits. */
export type Histogram = Float64Histogram;

const SIGNIFICANT_DIGITS = 3;
/** Maximum size of a decompressed histogram: at most 9 bytes per bucket, plus a 40-byte header. */
const MAX_DECODED_BYTES = 9 * BUCKETS + 40;
const SAMPLES_BEYOND = 10;

const COMPRESSED_COOKIE = 0x1c849304;
const COOKIE = 0x1c849303;
const HEADER_BYTES = 40;

/** Creates a histogram that resizes automatically to fit its values. */
export function emptyHistogram(): Histogram {
  const histogram = new Float64Histogram(1, 2, SIGNIFICANT_DIGITS);
  histogram.autoResize = true;
  return histogram;
}

/** Encodes a histogram as it is stored in a result: a compressed HdrHistogram V2 in base64. */
export function encode(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

/**
 * Creates a histogram from (bucket index, count) pairs in ascending order. Values are added from the highest down, so
 * that the histogram resizes only once.
 */
export function fromPairs(pairs: Pairs): Histogram {
  const histogram = emptyHistogram();
  for (let i = pairs.length - 2; i >= 0; i -= 2)
    histogram.recordValueWithCount(bucketValue(pairs[i] as number), pairs[i + 1] as number);
  return histogram;
}

/** Encodes (bucket index, count) pairs, in ascending order, as a histogram in the format stored in a result. */
export function encodePairs(pairs: Pairs): string {
  return encode(fromPairs(pairs));
}

/**
 * Decodes the output of `encode`. Even for invalid or hostile input, it uses little memory and time.
 *
 * @throws Error with the reason if the text is not an encoded histogram
 */
export function decode(encoded: string): Histogram {
  return mergeEncoded([encoded]);
}

/** Merges histograms without loss. */
export function merge(histograms: Iterable<Histogram>): Histogram {
  const sum = emptyHistogram();
  for (const histogram of histograms) if (histogram.totalCount > 0) sum.add(histogram);
  return sum;
}

/** Like `merge`, but accepts encoded histograms. Throws the same errors as `decode`. */
export function mergeEncoded(encoded: Iterable<string>): Histogram {
  const counts = new Float64Array(BUCKETS);
  let end = 0;
  for (const text of encoded) end = Math.max(end, addCounts(counts, payloadOf(text)));
  const sum = emptyHistogram();
  // Values are added from the highest down, so that the histogram resizes only once.
  for (let index = end - 1; index >= 0; index--) {
    const count = counts[index] as number;
    if (count > 0) sum.recordValueWithCount(bucketValue(index), count);
  }
  return sum;
}

/** Yields the lowest value (µs) and the count of each non-empty bucket, in ascending order. */
export function* bucketsOf(histogram: Histogram): Generator<[valueUs: number, count: number]> {
  for (let index = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count > 0) yield [bucketValue(index), count];
  }
}

/**
 * Reports whether there are enough samples for a percentile (0 to 100). At least 10 samples must lie above the
 * percentile, so p99.9 requires 10,000 samples.
 */
export function supports(samples: number, percentile: number): boolean {
  // The tolerance compensates for the rounding error of 100 - 99.9.
  return (samples * (100 - percentile)) / 100 >= SAMPLES_BEYOND - 1e-6;
}

/** Returns the value (µs) at a percentile (0 to 100), or null if there are too few samples for it. */
export function supportedPercentile(histogram: Histogram, percentile: number): number | null {
  return supports(histogram.totalCount, percentile) ? histogram.getValueAtPercentile(percentile) : null;
}

/**
 * Histogram summary. All values except `count` are in µs; a value is null if there are too few samples for
 * it.
 */
export interface Summary {
  count: number;
  min: number | null;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  p999: number | null;
  p9999: number | null;
  max: number | null;
}

export function summarise(histogram: Histogram): Summary {
  const empty = histogram.totalCount === 0;
  return {
    count: histogram.totalCount,
    min: empty ? null : histogram.getValueAtPercentile(0),
    mean: empty ? null : meanOf(histogram),
    p50: supportedPercentile(histogram, 50),
    p90: supportedPercentile(histogram, 90),
    p95: supportedPercentile(histogram, 95),
    p99: supportedPercentile(histogram, 99),
    p999: supportedPercentile(histogram, 99.9),
    p9999: supportedPercentile(histogram, 99.99),
    // The maximum uses the same end of the bucket as the percentiles, so that no percentile can exceed it.
    max: empty ? null : histogram.getValueAtPercentile(100),
  };
}

/**
 * Computes the mean (µs), using the middle of each bucket for all of the bucket's values, as HdrHistogram
 * does (`getMean` in AbstractHistogram.java). The library's getter takes six times as long as this whole
 * summary.
 */
function meanOf(histogram: Histogram): number {
  let sum = 0;
  for (let index = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const low = bucketValue(index);
    sum += (low + Math.floor((bucketValue(index + 1) - low) / 2)) * count;
  }
  return sum / histogram.totalCount;
}

/** Checks an encoded histogram's header and returns the decompressed counts. */
function payloadOf(encoded: string): Buffer {
  const packed = Buffer.from(encoded, 'base64');
  if (packed.length < 8 || withoutWordSize(packed.readUInt32BE(0)) !== COMPRESSED_COOKIE) {
    throw new Error('it is not a compressed HdrHistogram V2');
  }
  const bytes = inflateSync(packed.subarray(8, 8 + packed.readUInt32BE(4)), {
    maxOutputLength: MAX_DECODED_BYTES,
  });
  if (bytes.length < HEADER_BYTES || withoutWordSize(bytes.readUInt32BE(0)) !== COOKIE) {
    throw new Error('it does not contain an HdrHistogram V2');
  }
  if (bytes.readUInt32BE(12) !== SIGNIFICANT_DIGITS || bytes.readBigUInt64BE(16) !== 1n) {
    throw new Error('its resolution is not that of this benchmark (1 µs, 3 significant digits)');
  }
  if (bytes.readUInt32BE(4) !== bytes.length - HEADER_BYTES) throw new Error('its length is wrong');
  return bytes.subarray(HEADER_BYTES);
}

function withoutWordSize(cookie: number): number {
  return (cookie & ~0xf0) >>> 0;
}

/**
 * Decodes the payload and adds its counts to `counts`, by bucket index. A negative word represents a run of
 * empty buckets (HdrHistogram V2 encoding).
 *
 * @returns an exclusive upper bound for the bucket indexes of these counts
 */
function addCounts(counts: Float64Array, payload: Buffer): number {
  let index = 0;
  let at = 0;
  while (at < payload.length) {
    const { value, next } = readWord(payload, at);
    at = next;
    if (value < 0) {
      index -= value;
    } else {
      if (value > 0) {
        if (index >= BUCKETS) throw new Error('it counts values that are too large');
        counts[index] = (counts[index] as number) + value;
      }
      index += 1;
    }
  }
  return Math.min(index, BUCKETS);
}

/** Reads one ZigZag LEB128 word of at most 9 bytes. All 8 bits of the ninth byte are data. */
function readWord(payload: Buffer, start: number): { value: number; next: number } {
  let word = 0;
  for (let i = 0; ; i++) {
    const byte = payload[start + i];
    if (byte === undefined) throw new Error('it ends in the middle of a count');
    word += (i === 8 ? byte : byte & 0x7f) * 2 ** (7 * i);
    if (i < 8 && byte >= 0x80) continue;
    if (!Number.isSafeInteger(word)) throw new Error('it contains a count that is too large');
    return { value: word % 2 === 0 ? word / 2 : -(word + 1) / 2, next: start + i + 1 };
  }
}
