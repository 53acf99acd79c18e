import assert from 'node:assert/strict';
import { afterEach, type TestContext, test } from 'node:test';
import { Chart } from 'chart.js';
import { formatFigure } from '../wording/format.ts';
import type { BarSpec } from './page/spec.ts';
import { dataTable } from './page/table.ts';
import {
  FakeCanvas,
  FakeDetails,
  FakeElement,
  makeDocument,
  replaceGlobals,
} from './page-elements.test.fixture.ts';

const BARS: BarSpec = {
  kind: 'bar',
  id: 'first',
  x: { title: 'x', unit: 'bytes' },
  y: { title: '', unit: 'name' },
  names: ['one', 'two'],
  stacked: false,
  series: [
    { label: 'a', colour: 'a', values: [1000, null] },
    { label: 'b', colour: 'b', values: [5] },
  ],
};

const clear = () => {
  for (const id of Object.keys(Chart.instances)) Reflect.deleteProperty(Chart.instances, id);
};
afterEach(clear);

let runs = 0;

/** Runs the page's script with two charts, of which the second is in a closed section. */
async function start(t: TestContext, hasCharts = true) {
  t.mock.method(console, 'error', () => {});
  const registered: string[] = [];
  t.mock.method(
    Chart,
    'register',
    (...parts: { id: string }[]) => void registered.push(...parts.map(({ id }) => id)),
  );
  t.mock.method(Chart.prototype, 'destroy', () => {});
  const figure = (id: string) =>
    new FakeElement('figure', {}, Object.assign(new FakeCanvas('canvas'), { id }));
  const inner = new FakeDetails('details', { id: 'inner' }, figure('second'));
  const opened = Object.assign(new FakeDetails('details', { id: 'opened' }), { open: true });
  const outer = new FakeDetails('details', {}, new FakeElement('section', { id: 'section' }, inner), opened);
  const specs = ['first', 'second', 'missing'].map((id) => ({ ...BARS, id }));
  const data = new FakeElement('script', { id: 'charts', text: JSON.stringify(specs) });
  const page = makeDocument(t, figure('first'), outer, ...(hasCharts ? [data] : []));
  const media = new Map<string, FakeElement>();
  const window = new FakeElement('window');
  const location = { hash: '' };
  const matchMedia = (query: string) => {
    const list = new FakeElement(query);
    media.set(query, list);
    return list;
  };
  const addEventListener = window.addEventListener.bind(window);
  replaceGlobals(t, { matchMedia, location, addEventListener });
  runs++;
  await import(new URL(`./page/main.js?${runs}`, import.meta.url).href);
  /** The number of charts drawn since the last time. */
  const drawn = () => {
    const { length } = Object.keys(Chart.instances);
    clear();
    return length;
  };
  /** Which of the elements are open, and have been scrolled to. */
  const state = () => [inner, outer].map(({ open }) => open);
  return { ...page, ...{ registered, inner, outer, opened, media, window, location, drawn, state } };
}

test('the page draws every chart that it has, and again when its colours change', async (t) => {
  const { documentElement, media, drawn, registered } = await start(t);
  assert.deepEqual(documentElement.calls, [['classList.add', 'drawn']]);
  assert.equal(drawn(), 2);
  assert.deepEqual([...media.keys()], ['(prefers-color-scheme: dark)', 'print']);
  for (const list of media.values()) {
    assert.deepEqual(
      list.listeners.map(({ type }) => type),
      ['change'],
    );
    list.fire('change');
    assert.equal(drawn(), 2);
  }
  assert.deepEqual(registered, [
    ...['bar', 'bar', 'category', 'filler', 'linear', 'line', 'line', 'logarithmic', 'point', 'tooltip'],
  ]);
});

test('a page without charts draws none', async (t) => {
  assert.equal((await start(t, false)).drawn(), 0);
});

test('the charts in a section are drawn when it is opened', async (t) => {
  const { listener, inner, opened, drawn, body } = await start(t);
  drawn();
  assert.deepEqual(
    listener.listeners.map(({ type, options }) => [type, options]),
    [
      ['toggle', true],
      ['click', undefined],
    ],
  );
  for (const [target, charts] of [
    [inner, 1],
    [opened, 0],
    [body, 0],
    [null, 0],
  ] as const) {
    listener.fire('toggle', { target });
    assert.equal(drawn(), charts);
  }
});

test('a link opens the section of its target, and all around it, and scrolls to it', async (t) => {
  const { listener, inner, outer, opened, window, location, state, body } = await start(t);
  const section = inner.parentElement ?? assert.fail();
  const close = () => {
    for (const each of [inner, outer]) each.open = false;
    return [section, inner, outer].map(({ calls }) => calls.splice(0).length);
  };
  const link = new FakeElement('a', { href: '#section', hash: '#section' }, new FakeElement('span'));
  listener.fire('click', { target: link.children[0] });
  assert.deepEqual([state(), section.calls], [[true, true], [['scrollIntoView']]]);
  // It is open already.
  listener.fire('click', { target: link });
  assert.equal(section.calls.length, 1);
  assert.deepEqual(close(), [1, 0, 0]);
  const elsewhere = new FakeElement('a', { href: 'other#section', hash: '#section' });
  for (const target of [elsewhere, body, null]) listener.fire('click', { target });
  assert.deepEqual(state(), [false, false]);
  location.hash = '#opened';
  assert.deepEqual(
    window.listeners.map(({ type }) => type),
    ['hashchange', 'load'],
  );
  for (const type of ['hashchange', 'load']) {
    window.fire(type);
    assert.deepEqual([state(), opened.calls, opened.open], [[false, true], [['scrollIntoView']], true]);
    opened.calls.splice(0);
    close();
  }
  location.hash = '#nothing';
  window.fire('load');
  assert.deepEqual(state(), [false, false]);
});

test('the table of a chart has a row for each name or position, with values in their units', (t) => {
  makeDocument(t);
  const written = (element: FakeElement): unknown => {
    const { tag, text, className, scope, role, ariaLabel, tabIndex, children } = element;
    const more = { className, scope, role, ariaLabel, tabIndex };
    return [
      tag,
      text,
      Object.values(more).filter((each) => each !== '' && each !== null && each !== -1),
      ...children.map(written),
    ];
  };
  const heading = (text: string, ...more: string[]) => ['th', text, more];
  const table = (head: unknown[], ...rows: unknown[][]) => [
    ...['div', '', ['scroll', 'region', 'caption', 0]],
    [
      ...['table', '', [], ['caption', 'caption', []]],
      ['thead', '', [], ['tr', '', [], ...head]],
      ['tbody', '', [], ...rows.map((row) => ['tr', '', [], ...row])],
    ],
  ];
  const tableOf = (spec: Parameters<typeof dataTable>[0]) => written(dataTable(spec, 'caption') as never);
  assert.deepEqual(
    tableOf(BARS),
    table(
      [heading('Name', 'text', 'col'), heading('a', 'col'), heading('b', 'col')],
      [
        heading('one', 'text', 'row'),
        ['td', formatFigure(1000, 'bytes'), []],
        ['td', formatFigure(5, 'bytes'), []],
      ],
      [
        heading('two', 'text', 'row'),
        ['td', formatFigure(null, 'bytes'), []],
        ['td', formatFigure(null, 'bytes'), []],
      ],
    ),
  );
  const series = { label: 'a', colour: 'a', pattern: 0, points: [{ x: 2, y: 0.5 }] };
  assert.deepEqual(
    tableOf({
      ...{
        kind: 'line',
        id: 'a',
        series: [series, { ...series, label: 'b', second: true, points: [{ x: 2, y: 9 }] }],
      },
      ...{
        x: { title: 'x', unit: 'seconds' },
        y: { title: '', unit: 'share' },
        y2: { title: '', unit: 'count' },
      },
    }),
    table(
      [heading('x', 'text', 'col'), heading('a', 'col'), heading('b', 'col')],
      [
        heading(formatFigure(2, 'seconds'), 'text', 'row'),
        ['td', formatFigure(0.5, 'share'), []],
        ['td', '9', []],
      ],
    ),
  );
});
