import assert from 'node:assert/strict';
import { describe, it, type TestContext, test } from 'node:test';
import { pictureOf } from './page/picture.ts';
import type { ChartSpec } from './page/spec.ts';
import { cssColour, currentTheme, fillOf } from './page/theme.ts';
import { FakeCanvas, FakeElement, makeDocument } from './page-elements.test.fixture.ts';

const THEME = {
  ...{ text: 'text-colour', muted: 'muted-colour', grid: 'grid-colour', surface: 'surface-colour' },
  ...{ band: 'band-colour', disturbed: 'disturbed-colour', font: 'Sans' },
};

test('the theme is that of the style sheet, and a colour without a value is grey', (t) => {
  makeDocument(t);
  assert.deepEqual(currentTheme(), THEME);
  assert.equal(cssColour('none'), '#808080');
});

describe('the fill of a bar', () => {
  it('is plain for every fourth part', (t) => {
    const { made } = makeDocument(t);
    assert.deepEqual([fillOf('red', 0, THEME), fillOf('red', 4, THEME), made], ['red', 'red', []]);
  });

  it('is striped in one of two directions, or dotted, for the other parts', (t) => {
    const { made } = makeDocument(t);
    const tileOf = (pattern: number) => {
      const fill = fillOf('red', pattern, THEME);
      const [tile, canvas] = made.splice(0);
      assert.ok(tile instanceof FakeCanvas && canvas instanceof FakeCanvas);
      assert.deepEqual(
        [fill, canvas.drawn],
        [{ pattern: [tile, 'repeat'] }, [['createPattern', tile, 'repeat']]],
      );
      assert.deepEqual([tile.width, tile.height], [8, 8]);
      assert.deepEqual(tile.drawn.slice(0, 6), [
        ['fillStyle =', 'red'],
        ['fillRect', 0, 0, 8, 8],
        ['strokeStyle =', 'surface-colour'],
        ['globalAlpha =', 0.55],
        ['lineWidth =', 1.2],
        ['beginPath'],
      ]);
      return tile.drawn.slice(6);
    };
    const stripes = (start: number, end: number) => [
      ...[-8, 0, 8].flatMap((shift) => [
        ['moveTo', shift - 1, start],
        ['lineTo', shift + 9, end],
      ]),
      ['stroke'],
    ];
    assert.deepEqual(tileOf(1), stripes(9, -1));
    assert.deepEqual(tileOf(2), stripes(-1, 9));
    assert.deepEqual(tileOf(3), [['arc', 4, 4, 1.2, 0, 2 * Math.PI], ['stroke']]);
    assert.deepEqual(tileOf(5), stripes(9, -1));
  });

  it('is plain if the browser has no canvas', (t) => {
    makeDocument(t).canvases.hasContext = false;
    assert.equal(fillOf('red', 1, THEME), 'red');
  });
});

describe('the picture of a chart', () => {
  const axes = { x: { title: '', unit: 'seconds' }, y: { title: '', unit: 'time' } } as const;
  const lineOf = (...labels: string[]): ChartSpec => ({
    ...{ kind: 'line', id: 'chart', ...axes },
    series: labels.map((label, index) => ({ label, colour: `c${index}`, pattern: index + 6, points: [] })),
  });
  const choice = (...hidden: number[]) => ({ hidden: new Set(hidden), logarithmic: false, range: null });
  const size = { width: 400, height: 200, clientWidth: 300, clientHeight: 102 };

  /** The size of the picture, and all that is drawn on it. */
  async function draw(t: TestContext, spec: ChartSpec, hidden: number[], ...texts: FakeElement[]) {
    const chart = Object.assign(new FakeCanvas('canvas'), size);
    const { canvases, made } = makeDocument(t);
    const blob = await pictureOf(new FakeElement('figure', {}, ...texts), chart, spec, choice(...hidden));
    assert.equal(blob, canvases.picture);
    const canvas = made[0];
    assert.ok(canvas instanceof FakeCanvas);
    return { chart, made, size: [canvas.width, canvas.height], drawn: canvas.drawn };
  }

  const background = (width: number, height: number) => [
    ['font =', '13px Sans'],
    ['scale', 4 / 3, 4 / 3],
    ['fillStyle =', 'surface-colour'],
    ['fillRect', 0, 0, width, height],
    ['fillStyle =', 'text-colour'],
    ['font =', 'bold 15px Sans'],
  ];

  it('has only space for the title and one line above a chart without texts and legend', async (t) => {
    const { chart, ...picture } = await draw(t, lineOf('only'), []);
    assert.deepEqual([picture.size, picture.made.length], [[443, 259], 1]);
    assert.deepEqual(picture.drawn, [
      ...background(443, 259),
      ['fillText', '', 16, 28],
      ['font =', '13px Sans'],
      ['fillText', '', 16, 48],
      ['drawImage', chart, 16, 76, 300, 102],
      ['toBlob', 'image/png'],
    ]);
  });

  it('has the title, the finding in lines as wide as the chart, and a legend of the visible series', async (t) => {
    const [exact, next] = [`${'a'.repeat(24)} ${'b'.repeat(25)}`, 'c'.repeat(51)];
    const labels = ['a'.repeat(10), 'hidden', 'b'.repeat(22), 'c', 'd'.repeat(41), 'e'];
    const { chart, ...picture } = await draw(
      t,
      lineOf(...labels),
      [1],
      new FakeElement('h3', { text: 'Title' }),
      new FakeElement('p', { className: 'finding', text: ` ${exact} ${next} d  e` }),
    );
    const entry = (index: number, dash: number[], x: number, y: number) => [
      ['strokeStyle =', `c${index}-colour`],
      ['lineWidth =', 2],
      ['setLineDash', dash],
      ['beginPath'],
      ['moveTo', x, y - 4],
      ['lineTo', x + 30, y - 4],
      ['stroke'],
      ['setLineDash', []],
      ['fillStyle =', 'text-colour'],
      ['fillText', labels[index], x + 36, y],
    ];
    assert.deepEqual(picture.size, [443, 419]);
    assert.deepEqual(picture.drawn, [
      ...background(443, 419),
      ['fillText', 'Title', 16, 28],
      ['font =', '13px Sans'],
      ['fillText', exact, 16, 48],
      ['fillText', next, 16, 68],
      ['fillText', 'd e', 16, 88],
      ...entry(0, [], 16, 114),
      ...entry(2, [2, 3], 16 + 54 + 60, 114),
      ...entry(3, [10, 3, 2, 3], 16, 134),
      ...entry(4, [14, 5], 16, 154),
      ...entry(5, [4, 2, 1, 2], 16, 174),
      ['drawImage', chart, 16, 196, 300, 102],
      ['toBlob', 'image/png'],
    ]);
  });

  it('has the legend in rows of its own where a label is wider than the chart', async (t) => {
    const { drawn } = await draw(t, lineOf('a'.repeat(42), 'b'), []);
    assert.deepEqual(
      drawn.filter(([name, text]) => name === 'fillText' && text !== ''),
      [
        ['fillText', 'a'.repeat(42), 52, 74],
        ['fillText', 'b', 52, 94],
      ],
    );
  });

  it('has the fills of bars in its legend', async (t) => {
    const series = ['a', 'b'].map((label, index) => ({ label, colour: `c${index}`, values: [] }));
    const bars: ChartSpec = { kind: 'bar', id: 'chart', ...axes, names: [], stacked: false, series };
    const { chart, ...picture } = await draw(t, bars, []);
    const [, tile] = picture.made;
    assert.deepEqual(picture.size, [443, 285]);
    assert.deepEqual(picture.drawn, [
      ...background(443, 285),
      ['fillText', '', 16, 28],
      ['font =', '13px Sans'],
      ['fillText', '', 16, 48],
      ['fillStyle =', 'c0-colour'],
      ['fillRect', 31, 64, 12, 12],
      ['fillStyle =', 'text-colour'],
      ['fillText', 'a', 52, 74],
      ['fillStyle =', { pattern: [tile, 'repeat'] }],
      ['fillRect', 91, 64, 12, 12],
      ['fillStyle =', 'text-colour'],
      ['fillText', 'b', 112, 74],
      ['drawImage', chart, 16, 96, 300, 102],
      ['toBlob', 'image/png'],
    ]);
  });

  it('is an error if the browser cannot draw it or cannot convert it', async (t) => {
    const { canvases } = makeDocument(t);
    const chart = Object.assign(new FakeCanvas('canvas'), size);
    const picture = () => pictureOf(new FakeElement('figure'), chart, lineOf('a'), choice());
    canvases.picture = null;
    await assert.rejects(picture(), Error('no picture'));
    canvases.hasContext = false;
    await assert.rejects(picture(), Error('no canvas'));
  });
});
