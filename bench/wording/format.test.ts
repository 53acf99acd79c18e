import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatFigure,
  formatPercentile,
  formatRate,
  formatRough,
  formatSeconds,
  formatShare,
  formatShort,
  formatTime,
  leastOf,
  mostOf,
  type Unit,
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

test('a figure has three significant digits, and a unit in which it is at least 1', () => {
  const times: [us: number, text: string][] = [
    [0.009, '0.009 µs'],
    [0.00994, '0.0099 µs'],
    [0.01, '0.01 µs'],
    [9.994, '9.99 µs'],
    [10.04, '10 µs'],
    [99.94, '99.9 µs'],
    [100.4, '100 µs'],
    [999.4, '999 µs'],
    [999.5, '1 ms'],
    [999_400, '999 ms'],
    [999_500, '1 s'],
    [-1500, '-1.5 ms'],
    [-0.5, '-0.5 µs'],
  ];
  for (const [us, text] of times) assert.equal(formatTime(us), text);
  const shorts = [0, 0.5, 999, 1000, 1e6, 1e9, 2.5e12].map(formatShort);
  assert.deepEqual(shorts, ['0', '0.5', '999', '1k', '1M', '1G', '2,500G']);
  const bytes = [0, 1023, 1024, 2 ** 20, 2 ** 30, 2 ** 40].map(formatBytes);
  assert.deepEqual(bytes, ['0 B', '1,023 B', '1 KiB', '1 MiB', '1 GiB', '1,024 GiB']);
  assert.deepEqual([1023.4, 1023.5].map(formatBytes), ['1,023 B', '1 KiB']);
  assert.deepEqual([21_149, 999.4, 0.12345].map(formatRough), ['21,100', '999', '0']);
  assert.deepEqual([0.5, 1.4, 12_345.5].map(formatCount), ['1', '1', '12,346']);
});

test('a share is never rounded up to 100 %', () => {
  assert.deepEqual([0, 0.0001, 0.9994, 0.9995, 0.99999, 1, 1.0004, 1.2].map(formatShare), [
    '0 %',
    '0.01 %',
    '99.9 %',
    '99.9 %',
    '99.9 %',
    '100 %',
    '100 %',
    '120 %',
  ]);
});

test('a percentile between powers of ten has one digit more', () => {
  assert.deepEqual([0.99, 1, 1.5, 4, 20, 200, 250, 2000].map(formatPercentile), [
    '–',
    '0 %',
    '33.3 %',
    '75 %',
    '95 %',
    '99.50 %',
    '99.60 %',
    '99.950 %',
  ]);
});

test('each unit has its format', () => {
  const figure = 2048;
  const units: Record<Unit, string> = {
    ...{ time: '2.05 ms', count: '2.05k', rate: '2.05k/s', bytes: '2 KiB', bytesRate: '2 KiB/s' },
    ...{ share: '204,800 %', seconds: '2,048 s', percentile: '99.9512 %', name: '2,048' },
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(units).map((unit) => [unit, formatFigure(figure, unit as Unit)])),
    { ...units, percentile: formatPercentile(figure) },
  );
});

test('a range has its unit once if both ends have the same', () => {
  const range = (least: number, most: number) => ({ least, most });
  assert.equal(formatTime(range(11_700, 52_600)), '11.7 to 52.6 ms');
  assert.equal(formatTime(range(980, 3200)), '980 µs to 3.2 ms');
  assert.equal(formatTime(range(1001, 1002)), '1 ms');
  assert.equal(formatCount(range(1, 1200)), '1 to 1,200');
  assert.equal(formatShort(range(900, 9000)), '900 to 9k');
  assert.equal(formatTime(range(Number.NaN, 5)), '– to 5 µs');
  assert.deepEqual([mostOf(range(1, 2)), leastOf(range(1, 2)), mostOf(3), leastOf(3)], [2, 1, 3, 3]);
});
