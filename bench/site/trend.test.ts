import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, type Drawn, figureNamed, trendOf } from './trend.test.fixture.ts';
import { trendChart } from './trend.ts';

const draw = (drawn: readonly Drawn[], name = 'messages.perSecond'): string =>
  trendChart(trendOf(name, drawn))?.markup ?? '';
const values = (...all: (number | null)[]): Drawn[] => all.map((value) => ({ value }));
/** Top and bottom of the plot area in a picture of 900 by 260. */
const [TOP, BOTTOM] = [18, 226];

function all(markup: string, pattern: RegExp): number[][] {
  return [...markup.matchAll(pattern)].map(([, ...groups]) => groups.map(Number));
}

const lineOf = (markup: string): number[][] =>
  all(markup.match(/<polyline[^>]*points="[^"]*"/)?.[0] ?? '', /([\d.]+),([\d.]+)/g);
const ticksOf = (markup: string) =>
  [...markup.matchAll(/<text class="tick value" x="74" y="([\d.]+)">([^<]*)</g)].map(
    ([, y, text]) => [Number(y) - 4, text] as const,
  );

test('values are drawn in proportion, with a margin above and below', () => {
  const line = lineOf(draw(values(100, 300, 200)));
  // The scale goes from 88 to 312: the values 100 to 300, with a margin of 12 on either side, which is 4 % of the
  // maximum.
  const y = (value: number) => Math.round((TOP + (BOTTOM - TOP) * ((312 - value) / (312 - 88))) * 10) / 10;
  assert.deepEqual(line, [
    [215.7, y(100)],
    [483, y(300)],
    [750.3, y(200)],
  ]);
});

test('noise of one per cent does not look like a large change, and no scale goes below zero', () => {
  const [[, low = 0] = [], [, high = 0] = []] = lineOf(draw(values(100, 101)));
  assert.ok(low > high && low - high < 0.15 * (BOTTOM - TOP), `${low} ${high}`);
  const [[, least = 0] = []] = lineOf(draw(values(0.001, 100)));
  assert.ok(least > BOTTOM - 0.5 && least <= BOTTOM, `${least}`);
});

test('a tick is drawn at its value, halfway between the points of two values around it', () => {
  const markup = draw(values(100, 300));
  const [[, from = 0] = [], [, to = 0] = []] = lineOf(markup);
  const ticks = ticksOf(markup);
  assert.deepEqual(
    ticks.map(([, text]) => text),
    ['100/s', '150/s', '200/s', '250/s', '300/s'],
  );
  for (const [at, [y]] of ticks.entries())
    assert.ok(Math.abs(y - (from + ((to - from) * at) / 4)) < 0.11, `${y}`);
  for (const [, y1, y2] of all(markup, /<line class="grid" x1="(82)" x2="884" y1="([\d.]+)" y2="([\d.]+)"/g))
    assert.ok(y1 === y2 && ticks.some(([y]) => y === y1));
});

test('ticks are multiples of 1, 2 or 5, as many as fit; for bytes, they are powers of two', () => {
  for (const [high, expected] of [
    [109, ['100/s', '105/s', '110/s']],
    [130, ['100/s', '110/s', '120/s', '130/s']],
    [140, ['100/s', '120/s', '140/s']],
    [200, ['100/s', '150/s', '200/s']],
    [800, ['200/s', '400/s', '600/s', '800/s']],
  ] as const) {
    const texts = ticksOf(draw(values(100, high))).map(([, text]) => text);
    assert.deepEqual(texts, expected);
  }
  // A fifth of the scale is exactly 100, which is a tick of its own.
  assert.deepEqual(
    ticksOf(draw(values(580, 1000))).map(([, text]) => text),
    ['600/s', '700/s', '800/s', '900/s', '1k/s'],
  );
  const bytes = figureNamed('memoryPerConnection.proxy');
  assert.equal(bytes.unit, 'bytes');
  assert.deepEqual(
    ticksOf(draw(values(10 * 1024, 14 * 1024), bytes.name)).map(([, text]) => text),
    ['10 KiB', '12 KiB', '14 KiB'],
  );
});

test('the band for judging a point is drawn behind it, around its centre', () => {
  const standing = { kind: 'same', band: { centre: 150, low: 100, high: 200, runs: 5 } } as const;
  const markup = draw([{ value: 100 }, { value: 200, standing }]);
  const [[x1 = 0, low = 0] = [], [x2 = 0, high = 0] = []] = lineOf(markup);
  const bands = all(
    markup,
    /<rect class="within" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"\/><line class="centre" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"/g,
  );
  assert.equal(bands.length, 1);
  const [x = 0, y = 0, width = 0, height = 0, left = 0, right = 0, ...centre] = bands[0] ?? [];
  const half = (x2 - x1) / 2;
  assert.deepEqual([x, width, left, right], [x2 - half, 2 * half, x2 - half, x2 + half]);
  assert.equal(y, high);
  assert.ok(Math.abs(y + height - low) < 0.11);
  for (const each of centre) assert.ok(Math.abs(each - (high + low) / 2) < 0.11);
});

test('a change is a diamond in the colour of better or worse, or hollow if it is an outlier', () => {
  const drawn: Drawn[] = [
    { value: 100 },
    { value: 200, standing: changed(2, true) },
    { value: 50, standing: changed(0.5, null) },
    { value: 300, standing: changed(3, false) },
  ];
  const kinds = (name: string) =>
    [...draw(drawn, name).matchAll(/<path class="(\w+)" d="M([\d.]+) ([\d.]+)l7 7l-7 7l-7 -7z"/g)].map(
      ([, kind, x, y]) => [kind, Number(x), Number(y)] as const,
    );
  assert.deepEqual(
    kinds('messages.perSecond').map(([kind]) => kind),
    ['better', 'worse', 'alone'],
  );
  assert.deepEqual(
    kinds('response.p50').map(([kind]) => kind),
    ['worse', 'better', 'alone'],
  );
  const line = lineOf(draw(drawn)).slice(1);
  for (const [at, [, x, y]] of kinds('messages.perSecond').entries()) {
    assert.equal(x, line[at]?.[0]);
    assert.ok(Math.abs(y + 7 - (line[at]?.[1] ?? 0)) < 1e-9);
  }
});

test('each point has a description and a link; a point that does not count is drawn at the bottom', () => {
  const markup = draw([{ value: 100 }, { value: null }, { value: 200, standing: changed(2, true) }]);
  const points = [
    ...markup.matchAll(/<a href="([^"]+)" aria-label="([^"]+)"><title>([^<]+)<\/title>(<\w+)/g),
  ];
  assert.deepEqual(
    points.map(([, href, label, title, mark]) => [href, label === title, label, mark]),
    [
      ['../results/r0/report.html', true, '1 Jan 2026: 100/s', '<circle'],
      ['../results/r1/report.html', true, '2 Jan 2026: not counted: It was disturbed.', '<path'],
      ['../results/r2/report.html', true, '3 Jan 2026: 200/s, ×2 better', '<path'],
    ],
  );
  assert.match(markup, /<path class="uncounted" d="M479 218l8 8m0 -8l-8 8"\/>/);
  assert.equal(lineOf(markup).length, 2);
});

test('the newest 120 of many points are drawn, with the first, middle and last date', () => {
  const markup = draw(values(...Array.from({ length: 130 }, (_, at) => 100 + at)));
  const folders = [...markup.matchAll(/results\/(r\d+)\/report/g)].map(([, folder]) => folder);
  assert.deepEqual([folders.length, folders[0], folders.at(-1)], [120, 'r10', 'r129']);
  const dates = [...markup.matchAll(/<text class="tick( first| last|)" x="([\d.]+)" y="250">([^<]+)</g)].map(
    ([, place, x, text]) => [place, Number(x), text],
  );
  const line = lineOf(markup);
  assert.deepEqual(dates, [
    [' first', line[0]?.[0], '11 Jan 2026'],
    ['', line[59]?.[0], '11 Mar 2026'],
    [' last', line[119]?.[0], '10 May 2026'],
  ]);
  assert.equal(trendChart(trendOf('messages.perSecond', values(1))), null);
});

test('a line marks a new version of Nginx, halfway from the previous point', () => {
  const drawn = ['1.22.1', '1.22.1', '1.26.3', '1.26.3'].map((nginx) => ({ value: 100, nginx }));
  const markup = draw(drawn);
  const lines = all(markup, /<line class="zero" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"/g);
  assert.deepEqual(lines, [[483.1, 483.1, TOP, BOTTOM]]);
  assert.deepEqual(
    [...markup.matchAll(/<text class="tick version"[^>]*>([^<]+)</g)].map(([, text]) => text),
    ['Nginx 1.26.3'],
  );
});

test('a result without Nginx, or without a run, has no version that could be new', () => {
  const trend = trendOf('messages.perSecond', values(100, 100, 100, 100));
  const points = trend.points.map((point, at) => {
    const runs = point.answer.runs.map((run) => (at === 1 ? { ...run, nginx: null } : run));
    return { ...point, answer: { ...point.answer, runs: at === 3 ? [] : runs } };
  });
  const markup = trendChart({ ...trend, points })?.markup ?? '';
  assert.deepEqual(
    [...markup.matchAll(/<text class="tick version" x="([\d.]+)"[^>]*>([^<]+)</g)].map(([, x, text]) => [
      x,
      text,
    ]),
    [['487.1', 'Nginx 1.22.1']],
  );
});
