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

/** Returns the class and position of each mark. */
const marksOf = (markup: string) =>
  [...markup.matchAll(/<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, kind, x, y]) => [
    kind,
    Number(x),
    Number(y),
  ]);

test('values are drawn on a logarithmic scale, from edge to edge of the picture', () => {
  assert.deepEqual(lineOf(draw('messages.perSecond', values(100, 400, 200))), [
    [5, 35],
    [90, 5],
    [175, 20],
  ]);
});

test('noise of one per cent does not look like a large change', () => {
  // The scale covers at least a ratio of 1.1 around the middle, so 1 % is about a tenth of its height of 30.
  const [, from = 0] = lineOf(draw('messages.perSecond', values(100, 101)))[0] ?? [];
  const [, to = 0] = lineOf(draw('messages.perSecond', values(100, 101)))[1] ?? [];
  assert.ok(from > to && from - to < 3.5, `${from} ${to}`);
  assert.ok(Math.abs((from + to) / 2 - 20) < 0.1, 'about the middle');
});

test('a value that does not count leaves a gap, and the last value is marked as the end', () => {
  const markup = draw('messages.perSecond', values(100, null, 200, null));
  assert.deepEqual(lineOf(markup), [
    [5, 35],
    [118.3, 5],
  ]);
  assert.deepEqual(marksOf(markup), [['end', 118.3, 5]]);
  assert.match(markup, /aria-label="[^"]*: 2 runs, 100\/s to 200\/s"/);
});

test('a change is marked as better or worse; a single outlier is not', () => {
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
  assert.match(draw('messages.perSecond', drawn), /; changes: ×2, −50 %"/);
});

test('the newest 40 of many points are drawn, and nothing is drawn for a single point', () => {
  const many = values(...Array.from({ length: 45 }, (_, at) => (at < 5 ? 1 : 100 + at)));
  const line = lineOf(draw('messages.perSecond', many));
  assert.equal(line.length, 40);
  assert.deepEqual(line[0], [5, 35]);
  assert.deepEqual(line.at(-1), [175, 5]);
  const changes = many.map(({ value }, at) =>
    at < 6 ? { value, standing: changed(at + 2, true) } : { value },
  );
  assert.match(draw('messages.perSecond', changes), /; changes: ×7"/, 'only changes that are drawn');
  assert.equal(sparkline(trendOf('messages.perSecond', values(1))), null);
  assert.notEqual(sparkline(trendOf('messages.perSecond', values(1, 2))), null);
});
