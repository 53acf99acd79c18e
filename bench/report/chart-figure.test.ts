import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartFigure } from './chart-figure.ts';
import type { BarSpec } from './page/spec.ts';

const bars = (series: number, names: number, stacked = false): BarSpec => ({
  kind: 'bar',
  id: 'bars',
  x: { title: 'x', unit: 'count', logarithmic: false },
  y: { title: 'y', unit: 'count', logarithmic: false },
  names: Array.from({ length: names }, (_, index) => `name ${index}`),
  stacked,
  series: Array.from({ length: series }, (_, index) => ({
    label: `series ${index}`,
    colour: `series-${index}`,
    values: [],
  })),
});

const page = (spec: BarSpec) => chartFigure(spec, 'Title', 'Finding.', null).markup;
const classes = (spec: BarSpec) =>
  [...page(spec).matchAll(/class="swatch ([^"]+)"/g)].map(([, found]) => found);
const heightOf = (spec: BarSpec) => /class="canvas ?(\w*)"/.exec(page(spec))?.[1];

test('the legend of a bar chart has the fills of the bars, which repeat after four; one series has none', () => {
  assert.deepEqual(classes(bars(6, 1)), [
    'fill-0 series-0',
    'fill-1 series-1',
    'fill-2 series-2',
    'fill-3 series-3',
    'fill-0 series-4',
    'fill-1 series-5',
  ]);
  assert.deepEqual(classes(bars(1, 1)), []);
});

test('a bar chart is as tall as its rows of bars need', () => {
  assert.deepEqual(
    [bars(1, 2), bars(1, 3), bars(2, 6), bars(4, 3), bars(4, 4), bars(4, 6, true)].map(heightOf),
    ['short', 'middle', 'middle', 'middle', 'tall', 'middle'],
  );
});
