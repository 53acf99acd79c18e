import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearchResult } from '../../../test/capacity.ts';
import { withEveryString } from '../../../test/hostile.ts';
import { stored } from '../../model/finding.ts';
import { reportHtml } from '../html.ts';
import { jsonSummary } from '../json.ts';
import { chartsOf, tableOf } from '../page-text.test.fixture.ts';

const RESULT = makeSearchResult();
const PAGE = reportHtml(RESULT);
const plotOf = (page: string): string => /<svg class="plot levels"[\s\S]*?<\/svg>/.exec(page)?.[0] ?? '';

test('a search has its own sections, with the answer first', () => {
  assert.deepEqual(
    [...PAGE.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]),
    [
      'Capacity',
      'Search',
      'Response time at both ends of the interval',
      'Nginx configuration',
      'Notices',
      'Environment and plan',
    ],
  );
  assert.match(PAGE, /<p class="verdict">tls holds between 4,900 and 5,100 messages per second/);
  assert.match(PAGE, /<p class="load">Search over 100 WebSockets, 64 B text messages, 2 s per trial\.<\/p>/);
});

test('every trial is a point: a circle if it held, a diamond if missed, a square if inconclusive', () => {
  const plot = plotOf(PAGE);
  assert.deepEqual(
    [...plot.matchAll(/<g class="(\w+)"><(\w+)/g)].map(([, kind, shape]) => `${kind} ${shape}`),
    ['better circle', 'worse path', 'unknown rect', 'better circle', 'better circle', 'worse path'],
  );
  assert.doesNotMatch(plot, /NaN|Infinity/);
  for (const [, x = ''] of plot.matchAll(/ (?:x|cx|x1|x2)="([^"]*)"/g))
    assert.ok(Number(x) >= 0 && Number(x) <= 960, x);
  // The one objective whose figure differs between trials; nothing failed in any.
  assert.equal(PAGE.split('class="plot levels"').length - 1, 1);
});

test('points whose labels would overlap share one, which goes below them if another point is above', () => {
  const labels = (of: readonly [level: number, ms: number][]) => {
    const trials = of.map(([level, ms]) => ({
      ...{ level, met: true, keptSchedule: true, figures: [ms * 1000, 0], elsewhere: null },
    }));
    const plot = plotOf(reportHtml(makeSearchResult({ trials })));
    return [...plot.matchAll(/<text class="tick" x="[^"]+" y="([^"]+)">([\d, ]+)<\/text>/g)].map(
      ([, y, text]) => ({ y: Number(y), text }),
    );
  };
  const apart = labels([
    [1000, 5],
    [9000, 5],
    [9100, 5],
  ]);
  assert.deepEqual(
    apart.map(({ text }) => text),
    ['1', '2, 3'],
  );
  const [upper, lower] = labels([
    [5000, 10],
    [5000, 8],
  ]);
  assert.deepEqual([upper?.text, lower?.text], ['1', '2']);
  assert.ok(upper !== undefined && lower !== undefined && lower.y - upper.y > 40);
});

test('the table has a row for each trial, with the verdict on its run', () => {
  const rows = tableOf(PAGE, 'Trials, in the order they ran');
  assert.equal(rows.length, 6);
  assert.ok(rows.every((row) => row.at(-1)?.includes('valid')));
});

test('the curves are those of the last trials at both ends of the interval', () => {
  const charts = chartsOf(PAGE) as unknown as { series: { label: string }[] }[];
  assert.deepEqual(
    charts.flatMap(({ series }) => series.map(({ label }) => label)),
    ['held: 4,900', 'missed: 5,100'],
  );
});

test('a search that found one end draws the curve of that end', () => {
  const trials = [{ level: 2500, met: true, keptSchedule: true, figures: [3000, 0], elsewhere: null }];
  const charts = chartsOf(reportHtml(makeSearchResult({ interval: [2500, null], trials })));
  assert.deepEqual(
    charts.flatMap((chart) => chart.series.map(({ label }) => label)),
    ['held: 2,500'],
  );
});

test('a search without trials, or with missing figures, has a report as well', () => {
  const nothing = { interval: [null, null], bound: 'unknown', finished: false, trials: [] } as const;
  const page = reportHtml({
    ...makeSearchResult({ ...nothing, interval: [null, null], trials: [] }),
    runs: [],
  });
  assert.match(page, /No trial finished\./);
  assert.equal(plotOf(page), '');
  const trials = [
    { level: 100, met: false, keptSchedule: false, figures: [null, null], elsewhere: stored('It died.') },
  ];
  assert.match(reportHtml(makeSearchResult({ trials })), /Trial 1: It died\./);
});

test('strings from outside stay text', () => {
  const hostile = '<img src=x onerror=alert(1)>';
  assert.doesNotMatch(reportHtml(withEveryString(RESULT, hostile)), /<img/);
});

test('the JSON summary has the interval, the trials and the sentence', () => {
  const { capacity, conclusions, runs, schemaVersion } = jsonSummary(RESULT, '/r/report.html');
  assert.deepEqual([schemaVersion, conclusions, runs.length], [2, [], 7]);
  assert.deepEqual(
    [capacity?.variant, capacity?.bound, capacity?.interval],
    ['tls', 'between', [4900, 5100]],
  );
  assert.equal(capacity?.trials.length, 6);
  assert.match(capacity?.sentence ?? '', /^tls holds between 4,900 and 5,100 /);
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(capacity))).toSorted(), [
    'axis',
    'bound',
    'finished',
    'interval',
    'limit',
    'objectives',
    'sentence',
    'trials',
    'variant',
  ]);
});
