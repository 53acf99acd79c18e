import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf } from './page/csv.ts';
import { dataOf } from './page/rows.ts';
import type { BarSpec, LineSpec } from './page/spec.ts';

const LINES: LineSpec = {
  kind: 'line',
  id: 'chart',
  x: { title: 'seconds', unit: 'seconds' },
  y: { title: 'times', unit: 'time' },
  y2: { title: 'bytes', unit: 'bytesRate' },
  series: [
    {
      label: 'p50',
      colour: 'series-0',
      pattern: 0,
      points: [
        { x: 2, y: 30 },
        { x: 1.5, y: 20 },
      ],
    },
    {
      label: 'bytes',
      colour: 'series-1',
      pattern: 1,
      second: true,
      points: [
        { x: 1.5, y: 7 },
        { x: 9, y: null },
      ],
    },
  ],
};

const BARS: BarSpec = {
  kind: 'bar',
  id: 'chart',
  x: { title: 'share', unit: 'share' },
  y: { title: '', unit: 'name' },
  names: ['=HYPERLINK("x")', 'a, b'],
  stacked: false,
  series: [{ label: '@sum', colour: 'series-0', values: [0.25, null] }],
};

test('lines share a row for each position, in order; positions without a value are left out', () => {
  assert.deepEqual(dataOf(LINES).rows, [
    [1.5, 20, 7],
    [2, 30, null],
  ]);
});

test('bars have a row for each name, also where a series has no value', () => {
  const series = [0.25, -1].map((value, at) => ({ label: `${at}`, colour: 'a', values: [value] }));
  assert.deepEqual(dataOf({ ...BARS, series }), {
    columns: [
      { title: 'Name', unit: 'name' },
      { title: '0', unit: 'share' },
      { title: '1', unit: 'share' },
    ],
    rows: [
      ['=HYPERLINK("x")', 0.25, -1],
      ['a, b', null, null],
    ],
  });
  assert.equal(csvOf({ ...BARS, names: ['a'], series }), 'Name,0,1\r\na,0.25,-1\r\n');
});

test('data are copied in full, with units, and never as formulas', () => {
  assert.equal(csvOf(LINES), 'seconds (s),p50 (µs),bytes (B/s)\r\n1.5,20,7\r\n2,30,\r\n');
  assert.equal(csvOf(BARS), 'Name,\'@sum\r\n"\'=HYPERLINK(""x"")",0.25\r\n"a, b",\r\n');
});
