import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { BUCKETS, bucketValue, HIGHEST_US } from './counts.ts';
import {
  bucketsOf,
  decode,
  emptyHistogram,
  encode,
  encodePairs,
  merge,
  mergeEncoded,
  summarise,
  supportedPercentile,
} from './histogram.ts';

const values = fc.array(fc.integer({ min: 0, max: HIGHEST_US }), { maxLength: 60 });

function histogramOf(list: readonly number[]) {
  const histogram = emptyHistogram();
  for (const value of list) histogram.recordValue(value);
  return histogram;
}

test('an encoded histogram is decoded unchanged, by us and by the library', () => {
  fc.assert(
    fc.property(values, (list) => {
      const histogram = histogramOf(list);
      const encoded = encode(histogram);
      const read = decode(encoded);
      const library = decodeFromCompressedBase64(encoded);
      assert.deepEqual(summarise(read), summarise(histogram));
      assert.equal(library.totalCount, read.totalCount);
      for (const p of [0, 10, 50, 99, 100]) {
        assert.equal(read.getValueAtPercentile(p), library.getValueAtPercentile(p));
      }
    }),
    { numRuns: 30 },
  );
});

test('merging equals recording into one histogram', () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      const both = summarise(histogramOf([...left, ...right]));
      const histograms = [histogramOf(left), histogramOf(right)];
      assert.deepEqual(summarise(merge(histograms)), both);
      assert.deepEqual(summarise(mergeEncoded(histograms.map(encode))), both);
    }),
    { numRuns: 30 },
  );
});

test('a percentile needs at least ten samples above it', () => {
  const samples = (count: number) => histogramOf(Array.from({ length: count }, (_, i) => i + 1));
  assert.equal(supportedPercentile(samples(19), 50), null);
  assert.equal(supportedPercentile(samples(20), 50), 10);
  assert.equal(supportedPercentile(samples(999), 99), null);
  assert.equal(supportedPercentile(samples(1000), 99), 990);
  assert.equal(supportedPercentile(samples(9_999), 99.9), null);
  assert.notEqual(supportedPercentile(samples(10_000), 99.9), null);
});

test('the values of a summary are ordered and never NaN', () => {
  fc.assert(
    fc.property(values, (list) => {
      const summary = summarise(histogramOf(list));
      const { min, p50, p90, p95, p99, p999, p9999, max } = summary;
      const order = [min, p50, p90, p95, p99, p999, p9999, max].filter((value) => value !== null);
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
      assert.equal(summary.mean ?? 0, histogramOf(list).mean);
      for (const value of Object.values(summary)) assert.ok(value === null || Number.isFinite(value));
    }),
  );
  const { count, min, mean, max } = summarise(histogramOf([100, 7, 40, 41]));
  assert.deepEqual({ count, min, mean, max }, { count: 4, min: 7, mean: 47, max: 100 });
  assert.deepEqual(summarise(emptyHistogram()), {
    count: 0,
    min: null,
    mean: null,
    p50: null,
    p90: null,
    p95: null,
    p99: null,
    p999: null,
    p9999: null,
    max: null,
  });
});

/** Builds a V2 histogram with the given header and words, compressed like those of `encode`. */
function packed(
  header: { digits?: number; lowest?: bigint; cookie?: number; length?: number },
  words: number[],
): string {
  const bytes = Buffer.alloc(40 + words.length);
  bytes.writeUInt32BE(header.cookie ?? 0x1c849313, 0);
  bytes.writeUInt32BE(header.length ?? words.length, 4);
  bytes.writeUInt32BE(header.digits ?? 3, 12);
  bytes.writeBigUInt64BE(header.lowest ?? 1n, 16);
  bytes.set(words, 40);
  return wrapped(deflateSync(bytes));
}

/** Seven bytes of a word that add nothing to it. */
const NOUGHTS = Array<number>(7).fill(0x80);

/** Returns the word for so many empty buckets: three bytes. */
function gapOf(buckets: number): number[] {
  const word = 2 * buckets - 1;
  return [(word & 0x7f) | 0x80, ((word >> 7) & 0x7f) | 0x80, word >> 14];
}

function wrapped(compressed: Buffer): string {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x1c849314, 0);
  head.writeUInt32BE(compressed.length, 4);
  return Buffer.concat([head, compressed]).toString('base64');
}

test('text that is not a histogram, or a hostile one, is rejected at once', () => {
  const big = Array<number>(7).fill(0xff);
  const hostile: [name: string, text: string, reason: RegExp][] = [
    ['empty', '', /not a compressed/],
    ['seven bytes', Buffer.from([0x1c, 0x84, 0x93, 0x14, 0, 0, 0]).toString('base64'), /not a compressed/],
    ['no more than its head', wrapped(Buffer.alloc(0)), /unexpected end/],
    ['other bytes', Buffer.from('hello, histogram').toString('base64'), /not a compressed/],
    ['not compressed', wrapped(Buffer.from('hello')), /header/],
    ['a part of the header', wrapped(deflateSync(Buffer.from([0x1c, 0x84, 0x93, 0x13]))), /not contain/],
    ['another cookie', packed({ cookie: 7 }, [2]), /not contain/],
    ['five digits', packed({ digits: 5 }, [2]), /resolution/],
    ['another unit', packed({ lowest: 1000n }, [2]), /resolution/],
    ['another length', packed({ length: 2 }, [2]), /length/],
    ['cut off in a word', packed({}, [0x80]), /middle of a count/],
    ['a gap of 2^55 buckets', packed({}, [...big, 0x7f, 2]), /count that is too large/],
    ['a gap of 2^52 buckets', packed({}, [...big, 0x0f, 2]), /values that are too large/],
    ['a bucket too many', packed({}, [...gapOf(BUCKETS), 2]), /values that are too large/],
    ['a count of 2^60', packed({}, [0xfe, ...big, 0x7f]), /count that is too large/],
    ['a ninth byte whose eighth bit counts', packed({}, [0x82, ...NOUGHTS, 0x80]), /count that is too large/],
    ['64 MiB of zeros', wrapped(deflateSync(Buffer.alloc(64 * 1024 * 1024))), /larger than/],
  ];
  for (const [name, text, reason] of hostile) assert.throws(() => decode(text), reason, name);
  const buckets = (words: number[]) => [...bucketsOf(decode(packed({}, words)))];
  assert.deepEqual(buckets([2]), [[0, 1]]);
  assert.deepEqual(buckets([]), []);
  // A gap after the last count, a word of nine bytes, and the highest bucket.
  assert.deepEqual(buckets([2, 0, 4, ...big, 0x0f]), [
    [0, 1],
    [2, 2],
  ]);
  assert.deepEqual(buckets([0x82, ...NOUGHTS, 0]), [[0, 1]]);
  assert.deepEqual(buckets([...gapOf(BUCKETS - 1), 2]), [[bucketValue(BUCKETS - 1), 1]]);
});

test('a summary gives exact percentiles, and the middle of wide buckets as the mean', () => {
  const histogram = emptyHistogram();
  for (let us = 1; us <= 2000; us++) histogram.recordValueWithCount(us, 50);
  assert.deepEqual(summarise(histogram), {
    count: 100_000,
    min: 1,
    mean: 1000.5,
    p50: 1000,
    p90: 1800,
    p95: 1900,
    p99: 1980,
    p999: 1998,
    p9999: 2000,
    max: 2000,
  });
  const { min, mean, max } = summarise(histogramOf([5000]));
  assert.deepEqual([min, mean, max], [5000, 5002, 5003]);
});

test('only buckets that hold samples are listed, in ascending order', () => {
  assert.deepEqual(
    [...bucketsOf(histogramOf([9, 5000, 5, 5]))],
    [
      [5, 2],
      [9, 1],
      [5000, 1],
    ],
  );
  const pairs = Uint32Array.from([5, 2, 9, 1]);
  assert.deepEqual(
    [...bucketsOf(decode(encodePairs(pairs)))],
    [
      [5, 2],
      [9, 1],
    ],
  );
});
