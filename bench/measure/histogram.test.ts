import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { HIGHEST_US } from './counts.ts';
import {
  decode,
  emptyHistogram,
  encode,
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
function packed(header: { digits?: number; lowest?: bigint; cookie?: number }, words: number[]): string {
  const bytes = Buffer.alloc(40 + words.length);
  bytes.writeUInt32BE(header.cookie ?? 0x1c849313, 0);
  bytes.writeUInt32BE(words.length, 4);
  bytes.writeUInt32BE(header.digits ?? 3, 12);
  bytes.writeBigUInt64BE(header.lowest ?? 1n, 16);
  bytes.set(words, 40);
  return wrapped(deflateSync(bytes));
}

function wrapped(compressed: Buffer): string {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x1c849314, 0);
  head.writeUInt32BE(compressed.length, 4);
  return Buffer.concat([head, compressed]).toString('base64');
}

test('text that is not a histogram, or a hostile one, is rejected at once', () => {
  const hostile: [name: string, text: string][] = [
    ['empty', ''],
    ['other bytes', Buffer.from('hello, histogram').toString('base64')],
    ['not compressed', wrapped(Buffer.from('hello'))],
    ['another cookie', packed({ cookie: 7 }, [2])],
    ['five digits', packed({ digits: 5 }, [2])],
    ['another unit', packed({ lowest: 1000n }, [2])],
    ['cut off in a word', packed({}, [0x80])],
    ['a gap of 2^55 buckets', packed({}, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 2])],
    ['a count of 2^60', packed({}, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['64 MiB of zeros', wrapped(deflateSync(Buffer.alloc(64 * 1024 * 1024)))],
  ];
  for (const [name, text] of hostile) assert.throws(() => decode(text), Error, name);
  assert.equal(decode(packed({}, [2])).totalCount, 1);
});
