import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch } from '../../test/capacity.ts';
import { makeComparison } from '../../test/comparison.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Result } from '../model/result.ts';
import { summaryOf } from '../store/writer.ts';
import { formatRate, formatTime } from '../wording/format.ts';
import { capacitySentences } from './capacity/answer.ts';
import { verdictSentence } from './comparison/verdict.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from './listing.ts';
import { headsOf } from './page-text.test.fixture.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

function entryOf(folder: string, result: Result, hasReport = true): ListingEntry {
  const runs = result.runs.map((run, at) => summaryOf(`runs/${at + 1}-x.json`, run));
  return { folder, hasReport, problem: '', index: { ...result, runs } };
}

/** Returns the text of every cell in the table of results, row by row, without the nested tables of runs. */
function rowsOf(page: string): string[][] {
  const outer = page.replace(/<details>.*?<\/details>/gs, '');
  const rows = [...outer.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1);
  return rows.map(([, row = '']) => cellsOf(row));
}

function cellsOf(row: string): string[] {
  return [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
    cell.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<'),
  );
}

test('each result has a row, with its runs collapsed below it; closed loops have no response time', () => {
  const result = makeBothSteps(1, 2);
  const [throughput, latency] = result.runs;
  assert.ok(throughput && latency);
  latency.outcome = { state: 'aborted', reason: 'interrupted' };
  const { response } = figuresOf(latency).latencies;
  const perSecond = [throughput].map((run) => formatRate(figuresOf(run).messages.perSecond));
  const [p50, p99] = [formatTime(response?.p50), formatTime(response?.p99)];
  const page = listingHtml([entryOf('a', result)]);
  assert.deepEqual(rowsOf(page), [
    [
      result.id,
      `${result.startedAt.slice(0, 16).replace('T', ' ')} UTC`,
      `direct: ${perSecond[0]}, p50 ${p50}, p99 ${p99}`,
    ],
  ]);
  const [, summary, runs = ''] = /<details><summary>(.*?)<\/summary>(.*?)<\/details>/s.exec(page) ?? [];
  assert.equal(summary, '2 runs: 1 valid, 1 aborted');
  assert.deepEqual(
    [...runs.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1).map(([, row = '']) => cellsOf(row)),
    [
      ['direct', 'throughput', 'valid', perSecond[0]],
      ['latency', 'aborted', `p50 ${p50}, p99 ${p99}`],
    ],
  );
});

test('only the newest results are shown; older ones are collapsed below them', () => {
  const entries = Array.from({ length: 23 }, (_, at) => {
    const startedAt = `2026-03-${String(at + 1).padStart(2, '0')}T00:00:00.000Z`;
    return entryOf(`${at}`, { ...makeResult([]), id: `id-${at}`, startedAt });
  });
  const [open = '', older = ''] = listingHtml(entries).split('<summary>3 older results</summary>');
  const idsIn = (text: string) => [...text.matchAll(/>(id-\d+)</g)].map(([, id]) => id);
  assert.equal(idsIn(open).length, 20);
  assert.deepEqual(idsIn(older), ['id-2', 'id-1', 'id-0']);
});

test('a comparison, a search and a calibration are listed with their findings', () => {
  const [comparison, search] = [makeComparison('plain', 'tls'), makeSearch()];
  const page = listingHtml([
    entryOf('a', { ...makeBothSteps(1, 1), conclusions: [comparison] }),
    entryOf('b', { ...makeBothSteps(1, 1), conclusions: [search] }),
  ]);
  const [first] = comparison.comparisons;
  assert.ok(first);
  assert.deepEqual(
    new Set(rowsOf(page).map(([, , outcome]) => outcome)),
    new Set([verdictSentence(first, 'plain'), capacitySentences(search)[0]]),
  );
});

test('the newest comes first; what cannot be read comes last, with the reason, and is escaped', () => {
  const dated = (id: string, startedAt: string) =>
    entryOf(`${id} & <b>`, { ...makeResult([]), id, startedAt });
  const page = listingHtml([
    dated('old', '2026-01-01'),
    { folder: 'broken <b>', hasReport: true, index: null, problem: 'It is <i>damaged</i>.' },
    dated('new', '2027-01-01'),
  ]);
  assert.deepEqual(
    rowsOf(page).map(([name]) => name),
    ['new', 'old', 'broken <b&gt;'],
  );
  assert.match(page, /href="\.\/new%20%26%20%3Cb%3E\/report\.html"/);
  assert.match(page, /broken &lt;b&gt;: It is &lt;i&gt;damaged&lt;\/i&gt;\./);
  assert.doesNotMatch(page, /<b>|<i>/);
  assert.ok(page.includes(`<title>${LISTING_TITLE}</title>`));
});

test('a result without a report has no link, and an empty folder is reported', () => {
  assert.doesNotMatch(listingHtml([entryOf('a', makeResult([]), false)]), /<a /);
  assert.match(listingHtml([entryOf('a', makeResult([]))]), /no run finished/);
  assert.match(listingHtml([]), /No runs yet\./);
});

test('words are on the left in the tables of results and of runs', () => {
  const old = Array.from({ length: 21 }, (_, at) => entryOf(`${at}`, makeBothSteps(1, 1)));
  const heads = headsOf({ body: { markup: listingHtml(old) } });
  const results = 'Report →, Started →, Outcome →';
  const runs = 'Variant →, Step →, Validity →, Metrics →';
  const { id } = makeBothSteps(1, 1);
  assert.deepEqual(heads, [
    `Results in this folder: ${results}`,
    ...Array(20).fill(`Runs of ${id}: ${runs}`),
    `Older results: ${results}`,
    `Runs of ${id}: ${runs}`,
  ]);
  assert.ok(!listingHtml(old.slice(0, 20)).includes('older result'));
});

test('each variant has a line with its own figures, without those that were not measured', () => {
  const entry = entryOf('a', makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));
  const runs = (entry.index?.runs ?? []).map((run, at) => {
    const { 'messages.perSecond': perSecond, ...others } = run.metrics;
    return { ...run, metrics: at === 0 ? others : { ...others, 'messages.perSecond': perSecond ?? null } };
  });
  const [first = assert.fail(), second = assert.fail()] = runs;
  const index = { ...(entry.index ?? assert.fail()), runs };
  const page = listingHtml([{ ...entry, index }]);
  const rate = formatRate(second.metrics['messages.perSecond']);
  assert.deepEqual([...page.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => text).slice(1), [
    `${first.variant}: no figures`,
    `plain: ${rate}`,
  ]);
});

test('of a finding, the first sentence is listed, and every other that is a verdict', () => {
  const comparison = makeComparison('plain', 'tls');
  const [one = assert.fail()] = comparison.comparisons;
  const both = { ...comparison, comparisons: [one, { ...one, variant: 'other' }] };
  const sentences = (conclusion: Conclusion) => {
    const page = listingHtml([entryOf('a', { ...makeBothSteps(1, 1), conclusions: [conclusion] })]);
    return [...page.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => text?.replaceAll('&lt;', '<')).slice(1);
  };
  assert.deepEqual(
    sentences(both),
    both.comparisons.map((each) => verdictSentence(each, 'plain')),
  );
  const search = makeSearch({ finished: false });
  assert.ok(capacitySentences(search).length > 1);
  assert.deepEqual(sentences(search), capacitySentences(search).slice(0, 1));
});

test('only results that cannot be read are explained below the table', () => {
  const broken = { folder: 'b', hasReport: false, index: null, problem: 'It is damaged.' };
  const page = listingHtml([broken, entryOf('a', makeResult([]))]);
  assert.equal(page.match(/<p class="broken">/g)?.length, 1);
  assert.deepEqual(rowsOf(page)[1], ['b', 'cannot be read', '']);
});
