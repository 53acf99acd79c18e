import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFigure } from '../wording/format.ts';
import { scaleOf } from './page/axes.ts';
import { configOf, firstChoice } from './page/charts.ts';
import type { BandSpec, BarSpec, LineSpec, SeriesSpec } from './page/spec.ts';
import { makeDocument, makePen } from './page-elements.test.fixture.ts';

const THEME = { text: 't', muted: 'm', grid: 'g', surface: 's', band: 'b', disturbed: 'd', font: 'f' };

const POINTS = [
  { x: 0, y: 0 },
  { x: 1, y: null },
  { x: 2, y: -1 },
  { x: 3, y: 1 },
];
const series = (label: string, pattern: number, more: Partial<SeriesSpec> = {}): SeriesSpec => ({
  ...{ label, colour: label, pattern, points: POINTS },
  ...more,
});

const LINES: LineSpec = {
  kind: 'line',
  id: 'chart',
  x: { title: 'x', unit: 'seconds', min: 0, max: 10 },
  y: { title: 'y', unit: 'time' },
  y2: { title: 'y2', unit: 'share' },
  series: [series('a', 0), series('b', 7, { second: true, stepped: true, filled: true })],
};
const BARS: BarSpec = {
  kind: 'bar',
  id: 'chart',
  x: { title: 'x', unit: 'bytes' },
  y: { title: '', unit: 'name' },
  names: ['one', 'two'],
  stacked: true,
  series: [
    { label: 'a', colour: 'a', values: [1, null] },
    { label: 'b', colour: 'b', values: [3, 4] },
  ],
};

const OPTIONS = {
  ...{ responsive: true, maintainAspectRatio: false, animation: false, color: 't' },
  font: { family: 'f' },
};
const TOOLTIP = {
  ...{ backgroundColor: 's', titleColor: 't', bodyColor: 't', borderColor: 'm' },
  ...{ borderWidth: 1, padding: 10, boxPadding: 4 },
};
const LINE = {
  ...{ borderWidth: 2, pointRadius: 3, pointHoverRadius: 5, tension: 0, spanGaps: false, hidden: false },
};
const LINE_A = {
  ...{
    ...LINE,
    label: 'a',
    data: POINTS,
    yAxisID: 'y',
    borderColor: 'a-colour',
    backgroundColor: 'a-colour',
  },
  ...{ borderDash: [], pointStyle: 'circle', stepped: false, fill: false },
};

/** Replaces the functions of a value by their sources, because each call makes new ones. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'function' ? String(each) : each)));

/** A configuration, of which the functions of its tooltip and its plugin are separate. */
function partsOf(spec: LineSpec | BarSpec, choice = firstChoice(spec)) {
  const {
    options,
    plugins = [],
    ...rest
  } = configOf(spec, THEME, choice) as unknown as {
    options: { plugins: { tooltip: { callbacks: Record<string, (item: unknown) => string> } } };
    plugins?: { id: string; beforeDatasetsDraw(chart: object): void }[];
    data: { datasets: object[] };
  };
  const { callbacks, ...tooltip } = options.plugins.tooltip;
  return { ...rest, options: { ...options, plugins: { ...options.plugins, tooltip } }, callbacks, plugins };
}

test('nothing is hidden at first, and lines are logarithmic if their axis is', () => {
  const first = { hidden: new Set(), logarithmic: false, range: null };
  assert.deepEqual(firstChoice(BARS), first);
  assert.deepEqual(firstChoice({ ...BARS, y: { ...BARS.y, logarithmic: true } }), first);
  assert.deepEqual(firstChoice(LINES), first);
  const logarithmic = { ...LINES, y: { ...LINES.y, logarithmic: true } };
  assert.deepEqual(firstChoice(logarithmic), { ...first, logarithmic: true });
});

test('a line chart has a scale for each axis, and a line for each series', (t) => {
  makeDocument(t);
  const { options, callbacks, plugins, ...rest } = partsOf(LINES);
  assert.deepEqual(rest, {
    type: 'line',
    data: {
      datasets: [
        LINE_A,
        {
          ...{ ...LINE, label: 'b', data: POINTS, yAxisID: 'y2', borderColor: 'b-colour' },
          backgroundColor: 'color-mix(in srgb, b-colour 22%, transparent)',
          ...{ borderDash: [7, 4], pointStyle: 'rect', stepped: true, fill: 'origin' },
        },
      ],
    },
  });
  assert.deepEqual(
    plain(options),
    plain({
      ...OPTIONS,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: scaleOf(LINES.x, THEME, 'bottom'),
        y: scaleOf(LINES.y, THEME, 'left'),
        y2: scaleOf(LINES.y2 ?? LINES.y, THEME, 'right'),
      },
      plugins: { tooltip: TOOLTIP },
    }),
  );
  assert.deepEqual(
    plugins.map(({ id }) => id),
    ['bands'],
  );
  const item = (datasetIndex: number, label: string | undefined, y: number | null) => ({
    ...{ datasetIndex, dataset: { label }, parsed: { x: 2.5, y } },
  });
  assert.deepEqual(
    [
      ...[callbacks.title?.([item(0, 'a', 7)]), callbacks.title?.([])],
      ...[item(0, 'a', 7), item(1, 'b', 0.5), item(1, undefined, null), item(2, 'c', 7)].map((each) =>
        callbacks.label?.(each),
      ),
    ],
    [
      ...[formatFigure(2.5, 'seconds'), formatFigure(0, 'seconds'), `a: ${formatFigure(7, 'time')}`],
      ...[
        `b: ${formatFigure(0.5, 'share')}`,
        `: ${formatFigure(0, 'share')}`,
        `c: ${formatFigure(7, 'time')}`,
      ],
    ],
  );
});

test('without a second axis, all values are those of the first', (t) => {
  makeDocument(t);
  const { y2: _, ...spec } = LINES;
  const { options, callbacks } = partsOf(spec);
  assert.deepEqual(Object.keys((options as unknown as { scales: object }).scales), ['x', 'y']);
  const item = { datasetIndex: 1, dataset: { label: 'b' }, parsed: { x: 0, y: 0.5 } };
  assert.equal(callbacks.label?.(item), `b: ${formatFigure(0.5, 'time')}`);
});

test('a chosen range, type and selection change the line chart; a second axis keeps its zeros', (t) => {
  makeDocument(t);
  const { data, options } = partsOf(LINES, { hidden: new Set([1]), logarithmic: true, range: [2, 3] });
  const points = [
    { x: 0, y: null },
    { x: 1, y: null },
    { x: 2, y: null },
    { x: 3, y: 1 },
  ];
  assert.deepEqual(
    data.datasets.map((each) => {
      const { label, data, hidden } = each as { label?: string; data?: unknown; hidden?: boolean };
      return { label, data, hidden };
    }),
    [
      { label: 'a', data: points, hidden: false },
      { label: 'b', data: POINTS, hidden: true },
    ],
  );
  assert.deepEqual(
    plain((options as unknown as { scales: object }).scales),
    plain({
      x: scaleOf({ ...LINES.x, min: 2, max: 3 }, THEME, 'bottom'),
      y: scaleOf({ ...LINES.y, logarithmic: true }, THEME, 'left'),
      y2: scaleOf(LINES.y2 ?? LINES.y, THEME, 'right'),
    }),
  );
});

test('a bar chart has a row for each name, and a fill for each series', (t) => {
  makeDocument(t).canvases.hasContext = false;
  const { options, callbacks, plugins, ...rest } = partsOf(BARS, {
    ...firstChoice(BARS),
    hidden: new Set([1]),
  });
  const bar = { borderColor: 's', borderWidth: 1, borderRadius: 3, maxBarThickness: 26 };
  assert.deepEqual(rest, {
    type: 'bar',
    data: {
      labels: ['one', 'two'],
      datasets: [
        { ...bar, label: 'a', data: [1, null], hidden: false, backgroundColor: 'a-colour' },
        { ...bar, label: 'b', data: [3, 4], hidden: true, backgroundColor: 'b-colour' },
      ],
    },
  });
  assert.deepEqual(
    plain(options),
    plain({
      ...OPTIONS,
      indexAxis: 'y',
      interaction: { mode: 'index', axis: 'y', intersect: false },
      scales: {
        x: { ...scaleOf(BARS.x, THEME, 'bottom'), stacked: true },
        y: { ...scaleOf(BARS.y, THEME, 'left'), stacked: true, grid: { display: false } },
      },
      plugins: { tooltip: TOOLTIP },
    }),
  );
  assert.deepEqual([plugins, Object.keys(callbacks)], [[], ['label']]);
  const labelOf = (label: string | undefined, x: number | null) =>
    callbacks.label?.({ dataset: { label }, parsed: { x, y: 9 } });
  assert.deepEqual(
    [labelOf('a', 2000), labelOf(undefined, null)],
    [`a: ${formatFigure(2000, 'bytes')}`, `: ${formatFigure(0, 'bytes')}`],
  );
});

test('the parts of a bar differ in their patterns', (t) => {
  const { made } = makeDocument(t);
  const { data } = partsOf(BARS);
  assert.deepEqual(
    data.datasets.map((each) => (each as { backgroundColor?: unknown }).backgroundColor),
    ['a-colour', { pattern: [made[0], 'repeat'] }],
  );
});

/** All that is drawn behind the lines of a chart with bands; a second is 10 pixels wide. */
function drawnBehind(
  bands: BandSpec[] | undefined,
  scales: object = { x: { getPixelForValue: (x: number) => x * 10 } },
) {
  const { plugins } = partsOf({ ...LINES, ...(bands === undefined ? {} : { bands }) });
  const drawn: unknown[][] = [];
  const chartArea = { left: 20, right: 120, top: 5, bottom: 55, height: 50 };
  plugins[0]?.beforeDatasetsDraw({ ctx: makePen(drawn), chartArea, scales });
  return drawn;
}

test('phases and disturbed seconds are shaded within the chart, and labelled where there is space', (t) => {
  makeDocument(t);
  const band = (from: number, to: number, label: string, kind: BandSpec['kind'] = 'phase') => ({
    ...{ from, to, label, kind },
  });
  assert.deepEqual(
    drawnBehind([
      band(0, 5, 'abc'),
      band(5, 6, 'no'),
      band(6, 8, 'ab', 'disturbed'),
      band(10, 20, 'ab'),
      band(0, 2, ''),
      band(12, 13, ''),
      band(7, 7, ''),
    ]),
    [
      ['save'],
      ['font =', '11px f'],
      ['fillStyle =', 'b'],
      ['fillRect', 20, 5, 30, 50],
      ['fillStyle =', 'm'],
      ['fillText', 'abc', 24, 18],
      ['fillStyle =', 'b'],
      ['fillRect', 50, 5, 10, 50],
      ['fillStyle =', 'm'],
      ['fillStyle =', 'd'],
      ['fillRect', 60, 5, 20, 50],
      ['fillStyle =', 'm'],
      ['fillText', 'ab', 64, 32],
      ['fillStyle =', 'b'],
      ['fillRect', 100, 5, 20, 50],
      ['fillStyle =', 'm'],
      ['fillText', 'ab', 104, 18],
      ['restore'],
    ],
  );
  assert.deepEqual(drawnBehind([band(0, 5, 'abc')], {}), []);
  assert.deepEqual(drawnBehind(undefined), [['save'], ['font =', '11px f'], ['restore']]);
});

test('events within the chart are lines, labelled on the side that has space', (t) => {
  makeDocument(t);
  const event = (at: number, label: string): BandSpec => ({ from: at, to: at, label, kind: 'event' });
  const drawn = (x: number, label: string, at: number) => [
    ['strokeStyle =', 't'],
    ['setLineDash', [3, 3]],
    ['beginPath'],
    ['moveTo', x, 5],
    ['lineTo', x, 55],
    ['stroke'],
    ['setLineDash', []],
    ['fillStyle =', 't'],
    ['fillText', label, at, 46],
  ];
  assert.deepEqual(
    drawnBehind([
      event(1.9, 'out'),
      event(2, 'ab'),
      event(10, 'ab'),
      event(10.1, 'ab'),
      event(12, 'a'),
      event(12.1, 'out'),
    ]),
    [
      ...[['save'], ['font =', '11px f']],
      ...drawn(20, 'ab', 24),
      ...drawn(100, 'ab', 104),
      ...drawn(101, 'ab', 85),
      ...drawn(120, 'a', 110),
      ['restore'],
    ],
  );
});

test('a line of more than fifteen points does not mark them', (t) => {
  makeDocument(t);
  const [many, few] = [16, 15].map((length) => Array.from({ length }, (_, x) => ({ x, y: 1 })));
  const { data } = partsOf({
    ...LINES,
    series: [series('a', 0, { points: many ?? [] }), series('a', 0, { points: few ?? [] })],
  });
  assert.deepEqual(data.datasets, [
    { ...LINE_A, data: many, pointRadius: 0 },
    { ...LINE_A, data: few },
  ]);
});
