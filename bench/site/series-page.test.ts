import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { outlineOf } from '../../test/outline.ts';
import { formatRate } from '../wording/format.ts';
import type { Answer, Series } from './series.ts';
import { seriesBody } from './series-page.ts';
import { changed, type Drawn, trendOf } from './trend.test.fixture.ts';

/** A series whose metrics had these values, one per result; the rates are those that were offered, if any. */
function seriesOf(
  metrics: Readonly<Record<string, readonly Drawn[]>>,
  rates: readonly number[] = [],
  changes: Partial<Series> = {},
): Series {
  const trends = Object.entries(metrics).map(([name, drawn]) => trendOf(name, drawn));
  const answers = (trends[0]?.points ?? []).map(
    ({ answer }, at): Answer => ({
      ...answer,
      ratePerSecond: rates[at] ?? null,
      runs: Array.from({ length: at + 1 }, () => answer.runs).flat(),
    }),
  );
  return {
    ...{ slug: 'tls-1', name: null, variant: 'tls', profile: 'tls', step: 'throughput' },
    ...{ machine: 'CPU, 2 CPUs, 4 GiB', load: null, answers, trends },
    ...changes,
  };
}

const DRAWN: readonly Drawn[] = [
  { value: 100 },
  { value: null },
  { value: 200, standing: changed(2, true), nginx: '1.26.3' },
];

/** The cells of each row, without markup. */
const rowsOf = ({ markup }: { markup: string }) =>
  [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '')),
  );

test('the page of a series is what its golden file says', () => {
  const closed = seriesOf({
    'messages.perSecond': DRAWN,
    'cpuPerMessage.proxy': [{ value: 20 }, { value: 21 }, { value: 22 }],
  });
  const open = seriesOf({ 'response.p50': DRAWN.slice(0, 2) }, [1000, 1050], {
    ...{ slug: 'a b', name: 'nightly', step: 'latency' },
  });
  const outlines = [closed, open].map((series) => outlineOf(seriesBody(series).markup));
  assertGolden('outlines/site-series.txt', `${outlines.join('\n\n')}\n`);
});

test('the table has a row for each result, newest first, and a rate only in an open loop', () => {
  const metrics = { 'messages.perSecond': DRAWN, 'cpuPerMessage.proxy': [{ value: 20 }, { value: 21 }] };
  const excluded = 'not counted: It was disturbed.';
  const at = (day: number) => `${day} Jan 2026, 00:00 UTC`;
  assert.deepEqual(rowsOf(seriesBody(seriesOf(metrics))), [
    ['Result', 'Started', 'Throughput', 'Nginx CPU per message', 'Runs', 'Nginx'],
    ['r2', at(3), '200/s, ×2 better', '', '3', '1.26.3'],
    ['r1', at(2), excluded, '21 µs', '2', '1.22.1'],
    ['r0', at(1), '100/s', '20 µs', '1', '1.22.1'],
  ]);
  const rates = seriesOf(metrics, [1000, 1050]);
  assert.deepEqual(
    rowsOf(seriesBody(rates)).map((row) => row.slice(4)),
    [
      ['Rate', 'Runs', 'Nginx'],
      [formatRate(null), '3', '1.26.3'],
      [formatRate(1050), '2', '1.22.1'],
      [formatRate(1000), '1', '1.22.1'],
    ],
  );
  const none = { ...rates, answers: rates.answers.map((answer) => ({ ...answer, runs: [] })) };
  assert.deepEqual(rowsOf(seriesBody(none))[1]?.slice(-2), ['0', '']);
});

test('the rates are part of the load, if there are any', () => {
  const loadOf = (rates: readonly number[]) =>
    /<p class="load">(.*?)<\/p>/.exec(seriesBody(seriesOf({ 'response.p50': DRAWN }, rates)).markup)?.[1];
  assert.deepEqual(
    [loadOf([]), loadOf([1000]), loadOf([2000, 1000])],
    ['workload unknown', 'workload unknown, 1k/s', 'workload unknown, 1k/s to 2k/s'],
  );
});

test('a series without a name is called unnamed', () => {
  const nameOf = (name: string | null) =>
    /<dt>Series<\/dt><dd>(.*?)<\/dd>/.exec(seriesBody(seriesOf({}, [], { name })).markup)?.[1];
  assert.deepEqual([nameOf(null), nameOf('nightly')], ['unnamed', 'nightly']);
});
