import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Result } from '../model/result.ts';
import { summaryOf } from '../store/writer.ts';
import { formatRate, formatTime } from '../wording/format.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from './listing.ts';

function entryOf(folder: string, result: Result, hasReport = true): ListingEntry {
  const runs = result.runs.map((run, at) => summaryOf(`runs/${at + 1}-x.json`, run));
  return { folder, hasReport, problem: '', index: { ...result, runs } };
}

/** The text of every cell, row by row. */
function rowsOf(page: string): string[][] {
  const rows = [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1);
  return rows.map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '')),
  );
}

test('a row for each run with the figure that its step answers, and no closed loop has a response time', () => {
  const result = makeBothSteps(1, 2);
  const [throughput, latency] = result.runs;
  assert.ok(throughput && latency);
  latency.outcome = { state: 'aborted', reason: 'interrupted' };
  const { response } = figuresOf(latency).latencies;
  const perSecond = [throughput, latency].map((run) => formatRate(figuresOf(run).messages.perSecond));
  assert.deepEqual(rowsOf(listingHtml([entryOf('a', result)])), [
    [result.id, result.startedAt, 'direct', 'throughput', 'valid', perSecond[0], '–', '–'],
    [
      result.startedAt,
      'direct',
      'latency',
      'aborted',
      perSecond[1],
      formatTime(response?.p50),
      formatTime(response?.p99),
    ],
  ]);
});

test('the newest first; what cannot be read at the end, with the reason, and escaped', () => {
  const dated = (id: string, startedAt: string) =>
    entryOf(`${id} & <b>`, { ...makeResult([]), id, startedAt });
  const page = listingHtml([
    dated('old', '2026-01-01'),
    { folder: 'broken <b>', hasReport: true, index: null, problem: 'It is <i>damaged</i>.' },
    dated('new', '2027-01-01'),
  ]);
  assert.deepEqual(
    rowsOf(page).map(([name]) => name),
    ['new', 'old', 'broken &lt;b&gt;'],
  );
  assert.match(page, /href="\.\/new%20%26%20%3Cb%3E\/report\.html"/);
  assert.match(page, /broken &lt;b&gt;: It is &lt;i&gt;damaged&lt;\/i&gt;\./);
  assert.doesNotMatch(page, /<b>|<i>/);
  assert.ok(page.includes(`<title>${LISTING_TITLE}</title>`));
});

test('a result without a report has no link, and an empty folder says so', () => {
  assert.doesNotMatch(listingHtml([entryOf('a', makeResult([]), false)]), /<a /);
  assert.match(listingHtml([entryOf('a', makeResult([]))]), /no run finished/);
  assert.match(listingHtml([]), /No runs yet\./);
});
