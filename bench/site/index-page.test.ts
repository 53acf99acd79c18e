import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { indexOf } from '../../test/history.ts';
import { outlineOf } from '../../test/outline.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import type { ResultIndex } from '../model/result.ts';
import { indexBody } from './index-page.ts';
import type { Published, Series } from './series.ts';
import { changed, type Drawn, trendOf } from './trend.test.fixture.ts';

/** A series whose metric had these values, one per result. */
function seriesOf(variant: string, drawn: readonly Drawn[], changes: Partial<Series> = {}): Series {
  const trend = trendOf('messages.perSecond', drawn);
  return {
    ...{ slug: `${variant}-1`, name: null, variant, profile: 'plain', step: 'throughput' },
    ...{ machine: 'CPU, 2 CPUs, 4 GiB', load: null },
    answers: trend.points.map(({ answer }) => answer),
    trends: [trend],
    ...changes,
  };
}

const page = (...series: Series[]): string =>
  indexBody({ title: 'Site', published: [], series, pages: [] }).markup;
const ups = (count: number): Drawn[] =>
  Array.from({ length: count }, (_, at) => ({ value: 200 + at, standing: changed(2, true) }));
const same = { kind: 'same', band: { centre: 100, low: 95, high: 110, runs: 7 } } as const;

test('an index has a tile and a row for each series: newest value, state and figures', () => {
  const other = { machine: 'CPU, 4 CPUs, 8 GiB' };
  const text = page(
    seriesOf('up', [{ value: 100 }, { value: 200, standing: changed(2, true) }, { value: 210 }]),
    seriesOf('down', [{ value: 100 }, { value: 80, standing: changed(0.8, null) }], other),
    seriesOf('once', [{ value: 100 }, { value: 300, standing: changed(3, false) }]),
    seriesOf('later', [
      { value: 100 },
      { value: 200, standing: changed(2, true) },
      { value: 300, standing: changed(3, false) },
    ]),
    seriesOf('same', [{ value: 100 }, { value: 101, standing: same }]),
    seriesOf('early', [{ value: 100 }, { value: null }, { value: 101 }]),
    seriesOf('none', [{ value: null }, { value: null }]),
    seriesOf('single', [{ value: 100 }], { name: 'mine' }),
  );
  assertGolden('outlines/site-index.txt', `${outlineOf(text)}\n`);
});

test('the newest eight changes are listed, and the others are counted', () => {
  const counted = (count: number) => {
    const text = page(seriesOf('up', [{ value: 100 }, ...ups(count)]));
    const [, list = '', more] = /<ul class="changes">(.*?)<\/ul>(?:<p class="how">(\d+))?/s.exec(text) ?? [];
    return [[...list.matchAll(/results\/(r\d+)\//g)].map(([, folder]) => folder), more];
  };
  const newest = (last: number) => Array.from({ length: 8 }, (_, at) => `r${last - at}`);
  assert.deepEqual(counted(8), [newest(8), undefined]);
  assert.deepEqual(counted(9), [newest(9), '1']);
});

test('machines are named next to changes if there are several', () => {
  const series = (variant: string, machine: string) =>
    seriesOf(variant, [{ value: 100 }, { value: 200, standing: changed(2, true) }], { machine });
  const asides = (...all: Series[]) =>
    [...page(...all).matchAll(/<strong>.*?<span class="aside">(.*?)<\/span>/g)].map(([, text]) => text);
  assert.deepEqual(asides(series('a', 'one'), series('b', 'one')), ['2 Jan 2026', '2 Jan 2026']);
  assert.deepEqual(asides(series('a', 'one'), series('b', 'two')), ['2 Jan 2026, one', '2 Jan 2026, two']);
});

/** Results that differ in these labels. */
function labelled(...labels: Record<string, string>[]): Published[] {
  return labels.map((each, at) => {
    const index = indexOf(makeResult([]));
    return { folder: `r${at}`, index: { ...index, plan: { ...index.plan, labels: each } } };
  });
}

test('results can be filtered if they differ in at least one facet', () => {
  const hasForm = (...labels: Record<string, string>[]) =>
    indexBody({ title: 'Site', published: labelled(...labels), series: [], pages: [] }).markup.includes(
      '<form',
    );
  assert.deepEqual([hasForm({ a: '1' }), hasForm({ a: '1' }, { a: '1' })], [false, false]);
  assert.equal(hasForm({ a: '1' }, { a: '2' }), true);
});

test('the summary counts runs, results, series and machines, from the first day to the last', () => {
  const summaryOf = (...changes: Partial<ResultIndex>[]) => {
    const published = labelled(...changes.map(() => ({}))).map(({ folder, index }, at) => ({
      folder,
      index: { ...index, ...changes[at] },
    }));
    const { markup } = indexBody({ title: 'Site', published, series: [], pages: [] });
    return /<p class="load">(.*?)<\/p>/.exec(markup)?.[1];
  };
  const { runs, environment } = indexOf(
    makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]),
  );
  const [first, last] = ['2026-01-01T00:00:00.000Z', '2026-02-03T00:00:00.000Z'];
  assert.equal(summaryOf(), 'No results yet.');
  assert.equal(
    summaryOf({ startedAt: first, runs }),
    '1 run in 1 result and 0 series, on 1 machine, 1 Jan 2026.',
  );
  assert.equal(
    summaryOf(
      { startedAt: last, runs: [...runs, ...runs] },
      { startedAt: first, runs, environment: { ...environment, cpuModel: 'Another' } },
      { startedAt: first },
    ),
    '3 runs in 3 results and 0 series, on 2 machines, 1 Jan 2026 to 3 Feb 2026.',
  );
});

test('what has not changed is either within noise or has no band yet', () => {
  const changesOf = (...drawn: Drawn[]) =>
    /<section id="changes".*?<\/h2>\n<p>(.*?)<\/p>/s.exec(page(seriesOf('up', drawn)))?.[1];
  const early = changesOf({ value: 100 }, { value: 101 });
  const within = changesOf({ value: 100 }, { value: 101, standing: same });
  assert.match(early ?? '', /^Not enough history yet: .* 5 /);
  assert.match(within ?? '', /^No run differs /);
});
