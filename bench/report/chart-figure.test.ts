import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartFigure } from './chart-figure.ts';
import type { AxisSpec, BarSpec, LineSpec } from './page/spec.ts';

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
  assert.deepEqual(classes(bars(2, 1)), ['fill-0 series-0', 'fill-1 series-1']);
  assert.deepEqual(classes(bars(1, 1)), []);
});

test('a bar chart is as tall as its rows of bars need', () => {
  assert.deepEqual(
    [bars(1, 2), bars(1, 3), bars(2, 6), bars(4, 3), bars(4, 4), bars(4, 6, true), bars(1, 7)].map(heightOf),
    ['short', 'middle', 'middle', 'middle', 'tall', 'middle', 'tall'],
  );
});

const lines = (x: Partial<AxisSpec>, y: Partial<AxisSpec>, ...patterns: number[]): LineSpec => ({
  kind: 'line',
  id: 'lines',
  x: { title: 'x', unit: 'seconds', ...x },
  y: { title: 'y', unit: 'rate', ...y },
  series: patterns.map((pattern, at) => ({
    label: `line ${at}`,
    colour: `series-${at}`,
    pattern,
    points: [],
  })),
});

test('a figure has a title, a finding, controls, a canvas, and an explanation if there is one', () => {
  const figure = (how: string | null) =>
    chartFigure(lines({ min: -2, max: 3 }, {}, 0), 'A <b>', 'It rose.', how);
  const [head, rest = ''] = figure('Look.').markup.split('<div class="controls"');
  assert.equal(
    head,
    `<figure class="chart" aria-labelledby="lines-title">
<h3 id="lines-title">A &lt;b&gt;</h3>
<p class="finding">It rose.</p>
`,
  );
  const bound = (name: string, value: number) =>
    `<label>${name} <input type="number" data-bound="${name}" min="-2" max="3" step="any" value="${value}"></label>`;
  const how = '<details class="how"><summary>How to read this</summary><p>Look.</p></details>';
  const tail = (explained: string) => ` role="group" aria-label="Controls of A &lt;b&gt;">

<div class="actions">${bound('from', -2)} ${bound('to', 3)} s <button type="button" data-do="whole" disabled>All seconds</button>
<button type="button" data-do="logarithmic" aria-pressed="false">Logarithmic</button>
<button type="button" data-do="png">Copy as PNG</button><button type="button" data-do="csv">Copy as CSV</button><span class="told" role="status"></span></div>
</div>
<div class="canvas"><canvas id="lines" role="img" aria-label="A &lt;b&gt;. It rose."></canvas></div>
${explained}
<details class="data"><summary>Data as a table</summary></details>
</figure>
`;
  assert.equal(rest, tail(how));
  assert.equal(figure(null).markup.split('<div class="controls"')[1], tail(''));
});

test('only lines over seconds can be enlarged, and only lines can be logarithmic', () => {
  const actionsOf = (spec: LineSpec | BarSpec) =>
    [...chartFigure(spec, '', '', null).markup.matchAll(/data-do="(\w+)"(?: aria-pressed="(\w+)")?/g)].map(
      ([, name, pressed]) => (pressed === undefined ? name : `${name} ${pressed}`),
    );
  const copies = ['png', 'csv'];
  assert.deepEqual(actionsOf(lines({}, {}, 0)), ['whole', 'logarithmic false', ...copies]);
  assert.deepEqual(actionsOf(lines({ unit: 'time' }, { logarithmic: true }, 0)), [
    'logarithmic true',
    ...copies,
  ]);
  assert.deepEqual(actionsOf(bars(1, 1)), copies);
  assert.equal(
    chartFigure(lines({}, {}, 0), '', '', null).markup.match(/min="0" max="0" step="any" value="0"/g)?.length,
    2,
  );
});

test('the legend of several lines has a button for each, with its colour and dashes, which repeat after six', () => {
  const { markup } = chartFigure(lines({}, {}, 0, 1, 7, 6), '', '', null);
  const dashed = (dashes: string) => (dashes === '' ? '' : ` stroke-dasharray="${dashes}"`);
  const buttons = ['', '7 4', '7 4', ''].map(
    (dashes, at) =>
      `<button type="button" data-series="${at}" aria-pressed="true"><svg class="line series-${at}" viewBox="0 0 30 8" aria-hidden="true" focusable="false"><line x1="0" y1="4" x2="30" y2="4"${dashed(dashes)}/></svg>line ${at}</button>`,
  );
  assert.ok(markup.includes(`<div class="legend">${buttons.join('')}</div>`), markup);
});
