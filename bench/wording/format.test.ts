import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatPercentile,
  formatRate,
  formatSeconds,
  formatShare,
  formatShort,
  formatTime,
} from './format.ts';

test('times are formatted in a suitable unit', () => {
  const written: [us: number, text: string][] = [
    [0, '0 µs'],
    [0.4, '0.4 µs'],
    [14.25, '14.3 µs'],
    [640, '640 µs'],
    [999.9, '1 ms'],
    [1000, '1 ms'],
    [3214, '3.21 ms'],
    [12_340, '12.3 ms'],
    [999_900, '1 s'],
    [1_250_000, '1.25 s'],
    [3_600_000_000, '3,600 s'],
  ];
  for (const [us, text] of written) assert.equal(formatTime(us), text);
});

test('counts, rates, bytes and shares', () => {
  assert.equal(formatCount(1_234_567), '1,234,567');
  assert.equal(formatShort(950), '950');
  assert.equal(formatShort(12_345), '12.3k');
  assert.equal(formatShort(4_100_000), '4.1M');
  assert.equal(formatRate(26_724), '26.7k/s');
  assert.equal(formatBytes(64), '64 B');
  assert.equal(formatBytes(17_700), '17.3 KiB');
  assert.equal(formatBytes(24 * 2 ** 30), '24 GiB');
  assert.equal(formatShare(1), '100 %');
  assert.equal(formatShare(0.99996), '99.9 %');
  assert.equal(formatShare(0.053), '5.3 %');
  assert.equal(formatSeconds(-2.5), '-2.5 s');
});

test('ticks of the percentile axis are labelled as percentiles', () => {
  const labels = [2, 10, 100, 1000, 10_000, 100_000].map(formatPercentile);
  assert.deepEqual(labels, ['50 %', '90 %', '99 %', '99.9 %', '99.99 %', '99.999 %']);
});

test('unknown values are formatted as a dash, and no number as NaN', () => {
  const formats = [
    formatTime,
    formatCount,
    formatShort,
    formatRate,
    formatBytes,
    formatShare,
    formatSeconds,
    formatPercentile,
  ];
  for (const format of formats) {
    for (const nothing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal(format(nothing), '–');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (figure) => {
        assert.doesNotMatch(format(figure), /NaN|Infinity|undefined|e\+/);
      }),
    );
  }
});
