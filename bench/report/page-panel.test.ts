import assert from 'node:assert/strict';
import { afterEach, describe, it, type TestContext, test } from 'node:test';
import { Chart } from 'chart.js';
import { type Choice, configOf, firstChoice } from './page/charts.ts';
import { csvOf } from './page/csv.ts';
import { panelOf } from './page/panel.ts';
import type { BarSpec, ChartSpec, LineSpec } from './page/spec.ts';
import { dataTable } from './page/table.ts';
import { currentTheme } from './page/theme.ts';
import { FakeCanvas, FakeElement, makeDocument, replaceGlobals } from './page-elements.test.fixture.ts';

const LINES: LineSpec = {
  kind: 'line',
  id: 'chart',
  x: { title: 'x', unit: 'seconds', min: 1, max: 100 },
  y: { title: 'y', unit: 'time' },
  series: ['a', 'b', 'c'].map((label) => ({ label, colour: label, pattern: 0, points: [{ x: 1, y: 2 }] })),
};
const BARS: BarSpec = {
  kind: 'bar',
  id: 'chart',
  x: { title: 'x', unit: 'bytes' },
  y: { title: '', unit: 'name' },
  names: ['one'],
  stacked: false,
  series: [{ label: 'a', colour: 'a', values: [1] }],
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const charts = () =>
  Object.values(Chart.instances) as unknown as { config: { _config: object }; scales: object }[];

afterEach(() => {
  for (const id of Object.keys(Chart.instances)) Reflect.deleteProperty(Chart.instances, id);
});

/** A page with one figure. chart.js gets no drawing context from its canvas, and only keeps its configuration. */
function makeFigure(t: TestContext, spec: ChartSpec, ...without: string[]) {
  t.mock.method(console, 'error', () => {});
  t.mock.method(Chart.prototype, 'destroy', function destroy(this: { id: string }) {
    Reflect.deleteProperty(Chart.instances, this.id);
  });
  const button = (dataset: object) => new FakeElement('button', { dataset });
  const buttons = [
    ...['0', '1', '2'].map((series) => button({ series })),
    ...['logarithmic', 'whole', 'csv', 'png'].map((action) => button({ do: action })),
  ];
  const [from, to] = ['from', 'to'].map((bound) => new FakeElement('input', { dataset: { bound } }));
  const canvas = Object.assign(new FakeCanvas('canvas'), { id: spec.id, width: 300, clientWidth: 300 });
  const details = new FakeElement('details', { className: 'data' });
  const told = new FakeElement('p', { className: 'told' });
  const parts = [
    new FakeElement('h3', { text: 'Title' }),
    ...buttons,
    from,
    to,
    canvas,
    details,
    told,
  ].filter(
    (part): part is FakeElement => part !== undefined && !without.some((selector) => part.matches(selector)),
  );
  const figure = new FakeElement('figure', {}, ...parts);
  const page = makeDocument(t, figure);
  const panel = panelOf(spec) ?? assert.fail('no panel');
  assert.equal(panel.canvas, canvas);
  const press = (index: number) => figure.fire('click', { target: buttons[index] });
  const type = (first: string, last: string) => {
    Object.assign(from ?? {}, { value: first });
    Object.assign(to ?? {}, { value: last });
    figure.fire('change');
  };
  /** What the controls show: the buttons' states, and the bounds of the range. */
  const controls = () => [
    ...buttons.map(({ ariaPressed, disabled }) => (disabled ? 'disabled' : ariaPressed)),
    ...[from?.value, to?.value],
  ];
  /** Asserts that one chart is drawn, as selected. */
  const isDrawn = (choice: Partial<Choice>) => {
    const written = charts().map(({ config }) => JSON.stringify(config._config));
    const expected = new Chart(
      new FakeCanvas('canvas') as never,
      configOf(spec, currentTheme(), { ...firstChoice(spec), ...choice }),
    ) as unknown as { destroy(): void; config: { _config: object } };
    expected.destroy();
    assert.deepEqual(written, [JSON.stringify(expected.config._config)]);
  };
  return { ...page, panel, figure, canvas, details, told, press, type, controls, isDrawn, buttons };
}

test('a chart without a canvas in a figure has no panel', (t) => {
  makeDocument(t, new FakeCanvas('canvas', { id: 'chart' }), new FakeElement('figure', { id: 'other' }));
  assert.equal(panelOf(LINES), null);
  assert.equal(panelOf({ ...LINES, id: 'other' }), null);
  assert.equal(panelOf({ ...LINES, id: 'nothing' }), null);
});

describe('the panel of a chart', () => {
  it('draws its chart in place of the one before, and none while it is hidden', (t) => {
    const { panel, canvas, isDrawn } = makeFigure(t, LINES);
    assert.deepEqual(charts(), []);
    panel.draw();
    const [first] = charts();
    isDrawn({});
    panel.draw();
    isDrawn({});
    assert.notEqual(charts()[0], first);
    canvas.visible = false;
    panel.draw();
    assert.deepEqual(charts(), []);
    panel.draw();
    canvas.visible = true;
    panel.draw();
    isDrawn({});
  });

  it('listens for the controls, the data, and drags across seconds of lines', (t) => {
    const listeners = (spec: ChartSpec) => {
      const { figure, canvas, details } = makeFigure(t, spec);
      return [figure, canvas, details].map((each) =>
        each.listeners.map(({ type, options }) => [type, options]),
      );
    };
    const [figure, data] = [
      [
        ['click', undefined],
        ['change', undefined],
      ],
      [['toggle', { once: true }]],
    ];
    const drags = ['pointerdown', 'pointermove', 'pointercancel', 'pointerup'].map((type) => [
      type,
      undefined,
    ]);
    assert.deepEqual(listeners(LINES), [figure, drags, data]);
    assert.deepEqual(listeners(BARS), [figure, [], data]);
    assert.deepEqual(listeners({ ...BARS, x: { title: '', unit: 'seconds' } }), [figure, [], data]);
    assert.deepEqual(listeners({ ...LINES, x: { title: '', unit: 'count' } }), [figure, [], data]);
  });

  it('hides and shows series, and changes the type of the axis', (t) => {
    const { press, controls, isDrawn } = makeFigure(t, LINES);
    const rest = [null, null, '1', '100'];
    press(1);
    assert.deepEqual(controls(), ['true', 'false', 'true', 'false', 'disabled', ...rest]);
    isDrawn({ hidden: new Set([1]) });
    press(0);
    assert.deepEqual(controls(), ['false', 'false', 'true', 'false', 'disabled', ...rest]);
    isDrawn({ hidden: new Set([0, 1]) });
    press(1);
    isDrawn({ hidden: new Set([0]) });
    press(3);
    assert.deepEqual(controls(), ['false', 'true', 'true', 'true', 'disabled', ...rest]);
    isDrawn({ hidden: new Set([0]), logarithmic: true });
    press(3);
    isDrawn({ hidden: new Set([0]) });
  });

  it('reacts only to buttons, and to what is in them', (t) => {
    const { figure, buttons, isDrawn } = makeFigure(t, LINES);
    figure.fire('click', { target: null });
    figure.fire('click', { target: figure });
    figure.fire('click', { target: new FakeElement('button', {}) });
    assert.deepEqual(charts(), []);
    const label = new FakeElement('span');
    buttons[2]?.append(label);
    figure.fire('click', { target: label });
    isDrawn({ hidden: new Set([2]) });
  });

  it('shows the typed range in ascending order and within the axis', (t) => {
    const { press, type, controls, isDrawn } = makeFigure(t, LINES);
    const isShown = (from: string, to: string, range: Choice['range']) => {
      assert.deepEqual(controls(), [
        ...Array(3).fill('true'),
        'false',
        range ? null : 'disabled',
        null,
        null,
        from,
        to,
      ]);
      isDrawn({ range });
    };
    type('20', '30');
    isShown('20', '30', [20, 30]);
    type('40', '35.5');
    isShown('35.5', '40', [35.5, 40]);
    type('0', '40');
    isShown('1', '40', [1, 40]);
    type('2', '200');
    isShown('2', '100', [2, 100]);
    for (const [from = '', to = ''] of [
      ['0', '101'],
      ['1', '100'],
      ['5', '5'],
      ['', '5'],
      ['5', ''],
      ['101', '102'],
    ]) {
      type(from, to);
      isShown('1', '100', null);
    }
    type('20', '30');
    press(4);
    isShown('1', '100', null);
  });

  it('shows all of an axis without bounds', (t) => {
    const { type, isDrawn, controls } = makeFigure(t, BARS);
    type('0', '5');
    isDrawn({});
    assert.deepEqual(controls().slice(-2), ['0', '0']);
  });

  it('shows a range of an axis that begins or ends at 0 because it has one bound only', (t) => {
    for (const [bound, from, to, range] of [
      [{ max: 10 }, '0.5', '5', [0.5, 5]],
      [{ max: 10 }, '-5', '5', [0, 5]],
      [{ min: -10 }, '-5', '5', [-5, 0]],
    ] as const) {
      const { type, isDrawn } = makeFigure(t, { ...LINES, x: { title: 'x', unit: 'seconds', ...bound } });
      type(from, to);
      isDrawn({ range });
      for (const id of Object.keys(Chart.instances)) Reflect.deleteProperty(Chart.instances, id);
    }
  });

  it('shows all of an axis without fields for its range', (t) => {
    const { figure, isDrawn } = makeFigure(t, LINES, 'input');
    figure.fire('change');
    isDrawn({});
  });

  it('has a table of its data once these are opened', (t) => {
    const { details, figure } = makeFigure(t, LINES);
    const [listener = assert.fail()] = details.listeners;
    listener.handler({});
    assert.deepEqual(details.children.map(written), [written(dataTable(LINES, 'Title: the data') as never)]);
    figure.children.shift();
    listener.handler({});
    assert.deepEqual(written(details.children[1]), written(dataTable(LINES, ': the data') as never));
    assert.deepEqual(makeFigure(t, LINES, 'details').details.listeners, []);
  });
});

describe('a drag across a chart', () => {
  function begin(t: TestContext, min = 1) {
    const made = makeFigure(t, { ...LINES, x: { ...LINES.x, min } });
    made.panel.draw();
    const { canvas, figure, isDrawn } = made;
    const scale = (getValueForPixel: (pixel: number) => number | undefined) =>
      Object.assign(charts()[0] ?? {}, { scales: { x: { getValueForPixel } } });
    scale((pixel) => pixel / 8);
    const down = (offsetX: number, more: object = {}) =>
      canvas.fire('pointerdown', { pointerType: 'mouse', button: 0, pointerId: 5, offsetX, ...more });
    const move = (offsetX: number) => canvas.fire('pointermove', { offsetX });
    const up = (offsetX: number) => canvas.fire('pointerup', { offsetX });
    const shades = () =>
      figure.querySelectorAll('div').map(({ className, style }) => ({ className, ...style }));
    return { canvas, scale, down, move, up, shades, isDrawn };
  }

  it('shades the range, then shows it in tenths of a second', (t) => {
    const { canvas, down, move, up, shades, isDrawn } = begin(t);
    down(90);
    assert.deepEqual([canvas.calls, shades()], [[['setPointerCapture', 5]], []]);
    move(100);
    assert.deepEqual(shades(), [{ className: 'dragged', left: '90px', width: '10px' }]);
    move(27);
    assert.deepEqual(shades(), [{ className: 'dragged', left: '27px', width: '63px' }]);
    isDrawn({});
    up(27);
    assert.deepEqual(shades(), []);
    isDrawn({ range: [3.4, 11.3] });
    move(30);
    assert.deepEqual(shades(), []);
  });

  it('begins with the first button of a mouse or pen', (t) => {
    const { canvas, down, move, up, shades, isDrawn } = begin(t);
    for (const event of [{ pointerType: 'touch' }, { button: 1 }]) {
      down(90, event);
      move(100);
      assert.deepEqual([canvas.calls, shades()], [[], []]);
      up(20);
    }
    isDrawn({});
  });

  it('changes nothing if it is cancelled or short', (t) => {
    const { canvas, down, move, up, shades, isDrawn } = begin(t);
    down(90);
    move(20);
    canvas.fire('pointercancel');
    assert.deepEqual(shades(), []);
    move(20);
    assert.deepEqual(shades(), []);
    up(20);
    isDrawn({});
    down(90);
    up(83);
    isDrawn({});
    up(20);
    isDrawn({});
    down(88);
    up(80);
    isDrawn({ range: [10, 11] });
  });

  it('begins at 0 where the chart has no value, and changes nothing without a chart', (t) => {
    const { canvas, scale, down, up, isDrawn } = begin(t, -5);
    scale((pixel) => (pixel === 0 ? undefined : pixel));
    down(0);
    up(40);
    isDrawn({ range: [0, 40] });
    // The new chart has no scale.
    down(50);
    up(60);
    isDrawn({ range: [0, 40] });
    canvas.visible = false;
    down(50);
    up(60);
  });

  it('changes nothing before the chart is drawn', (t) => {
    const { canvas } = makeFigure(t, LINES);
    canvas.fire('pointerdown', { pointerType: 'mouse', button: 0, pointerId: 5, offsetX: 10 });
    canvas.fire('pointerup', { offsetX: 60 });
    assert.deepEqual(charts(), []);
  });
});

describe('a chart is copied', () => {
  function begin(t: TestContext, canCopy: boolean, ...without: string[]) {
    const copied: Record<string, Blob>[] = [];
    class Item {
      readonly data: Record<string, Blob>;
      constructor(data: Record<string, Blob>) {
        this.data = data;
      }
    }
    const write = async (items: Item[]) => {
      if (!canCopy) throw new Error('not allowed');
      copied.push(...items.map(({ data }) => data));
    };
    replaceGlobals(t, { navigator: { clipboard: { write } }, ClipboardItem: Item });
    const urls: unknown[] = [];
    t.mock.method(URL, 'createObjectURL', (blob: Blob) => {
      urls.push(blob);
      return 'blob:1';
    });
    t.mock.method(URL, 'revokeObjectURL', (url: string) => void urls.push(url));
    return { ...makeFigure(t, LINES, ...without), copied, urls };
  }

  it('as data or as a picture', async (t) => {
    const { press, told, copied, canvases, urls } = begin(t, true);
    press(5);
    await settle();
    assert.equal(told.textContent, 'Data copied to the clipboard.');
    press(6);
    await settle();
    assert.equal(told.textContent, 'Picture copied to the clipboard.');
    const [data = {}, picture = {}] = copied;
    assert.deepEqual([copied.length, Object.keys(data), Object.keys(picture)], [2, ['text/plain'], ['']]);
    assert.deepEqual([await data['text/plain']?.text(), picture['']], [csvOf(LINES), canvases.picture]);
    assert.deepEqual([urls, charts()], [[], []]);
  });

  it('to a file if the browser does not allow copying', async (t) => {
    const { press, told, made, urls, canvases } = begin(t, false);
    for (const index of [6, 5]) {
      press(index);
      await settle();
    }
    const links = made.filter(({ tag }) => tag === 'a') as (FakeElement & { download?: string })[];
    assert.deepEqual(
      links.map(({ href, download, calls }) => [href, download, calls]),
      [
        ['blob:1', 'chart.png', [['click']]],
        ['blob:1', 'chart.csv', [['click']]],
      ],
    );
    const [picture, , data] = urls;
    assert.ok(data instanceof Blob);
    assert.deepEqual([picture, await data.text()], [canvases.picture, csvOf(LINES)]);
    assert.deepEqual(urls, [picture, 'blob:1', data, 'blob:1']);
    assert.equal(
      told.textContent,
      'Data saved as chart.csv, because this browser does not allow copying it.',
    );
  });

  it('even if the figure has no place for a message', async (t) => {
    const { press, copied } = begin(t, true, 'p');
    press(5);
    await settle();
    assert.equal(copied.length, 1);
  });
});

/** An element with its properties and children as plain data. */
function written(element: FakeElement | undefined): unknown {
  if (element === undefined) return null;
  const { tag, text, className, scope, role, ariaLabel, tabIndex, children } = element;
  return [tag, { text, className, scope, role, ariaLabel, tabIndex }, children.map(written)];
}
