import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparkline } from './sparkline.ts';
import { changed, type Drawn, trendOf } from './trend.test.fixture.ts';

const draw = (name: string, drawn: readonly Drawn[]): string => sparkline(trendOf(name, drawn))?.markup ?? '';
const values = (...all: (number | null)[]): Drawn[] => all.map((value) => ({ value }));

function lineOf(markup: string): number[][] {
  const [, points = ''] = /<polyline points="([^"]*)"/.exec(markup) ?? [];
  return points.split(' ').map((pair) => pair.split(',').map(Number));
}

/** Class and place of each mark. */
const marksOf = (markup: string) =>
  [...markup.matchAll(/<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, kind, x, y]) => [
    kind,
    Number(x),
    Number(y),
  ]);

test('more is further up, in proportion of logarithms, from edge to edge of the picture', () => {
  assert.deepEqual(lineOf(draw('messages.perSecond', values(100, 400, 200))), [
    [5, 35],
    [90, 5],
    [175, 20],
  ]);
});

test('noise of a percent is no mountain', () => {
  // The scale spans a ratio of 1.1 about the middle: a hundredth is a tenth of 30.
  const [, from = 0] = lineOf(draw('messages.perSecond', values(100, 101)))[0] ?? [];
  const [, to = 0] = lineOf(draw('messages.perSecond', values(100, 101)))[1] ?? [];
  assert.ok(from > to && from - to < 3.5, `${from} ${to}`);
  assert.ok(Math.abs((from + to) / 2 - 20) < 0.1, 'about the middle');
});

test('what does not count leaves a gap in the row of points, and the end is marked where the last value is', () => {
  const markup = draw('messages.perSecond', values(100, null, 200, null));
  assert.deepEqual(lineOf(markup), [
    [5, 35],
    [118.3, 5],
  ]);
  assert.deepEqual(marksOf(markup), [['end', 118.3, 5]]);
  assert.match(markup, /aria-label="[^"]*: 2 runs, 100\/s to 200\/s"/);
});

test('a change is marked where it is, as better or worse; one that stands alone is not', () => {
  const drawn: Drawn[] = [
    { value: 100 },
    { value: 200, standing: changed(2, true) },
    { value: 400, standing: changed(4, false) },
    { value: 100, standing: changed(0.5, null) },
  ];
  const marks = (name: string) => marksOf(draw(name, drawn)).filter(([kind]) => kind !== 'end');
  assert.deepEqual(marks('messages.perSecond'), [
    ['better', 61.7, 20],
    ['worse', 175, 35],
  ]);
  assert.deepEqual(
    marks('response.p50').map(([kind]) => kind),
    ['worse', 'better'],
  );
  assert.match(draw('messages.perSecond', drawn), /; changes: ×2, ×0\.5"/);
});

test('of many points the newest 40 are drawn, and of one there is nothing to be seen', () => {
  const many = values(...Array.from({ length: 45 }, (_, at) => (at < 5 ? 1 : 100 + at)));
  const line = lineOf(draw('messages.perSecond', many));
  assert.equal(line.length, 40);
  assert.deepEqual(line[0], [5, 35]);
  assert.deepEqual(line.at(-1), [175, 5]);
  assert.equal(sparkline(trendOf('messages.perSecond', values(1))), null);
  assert.notEqual(sparkline(trendOf('messages.perSecond', values(1, 2))), null);
});
