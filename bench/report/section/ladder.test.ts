import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lexer } from 'marked';
import { withEveryString } from '../../../test/hostile.ts';
import { ladderOptions, makeLadderResult } from '../../../test/ladder.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { conclusionOf } from '../conclusion.ts';
import { resultMarkdown } from '../exports/markdown.ts';
import { openMetrics } from '../exports/openmetrics.ts';
import { reportHtml } from '../html.ts';
import { BROKEN, sectionText, shown, tableOf } from '../page-text.test.fixture.ts';
import { resultText } from '../terminal.ts';

/** The plots of a page, by their headings. */
function plotsOf(page: string): Map<string, string> {
  return new Map(
    [...page.matchAll(/<figure class="plotted"><h3>(.*?)<\/h3>(.*?)<\/figure>/gs)].map(
      ([, title = '', body = '']) => [title, body],
    ),
  );
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

test('the curve: a point for each run, hollow if it is not valid, with law, band and residuals', () => {
  const result = makeLadderResult({}, { disturbedRuns: [2, 5, 6] });
  const page = shown(result);
  assert.doesNotMatch(page, BROKEN);
  const plots = plotsOf(page);
  const curve = plots.get('Throughput over connections') ?? '';
  assert.deepEqual(
    ['<circle', 'class="hollow"', 'class="band"', 'class="law"', 'class="law beyond"'].map((part) =>
      count(curve, part),
    ),
    [12, 3, 1, 1, 1],
  );
  const residuals = plots.get('Residuals') ?? '';
  assert.deepEqual([count(residuals, '<circle'), count(residuals, 'class="hollow"')], [9, 0]);
});

test('the text, the tables and the headline are those of the conclusion', () => {
  const result = makeLadderResult({}, { disturbedRuns: [2] });
  const ladder = conclusionOf(result, 'ladder');
  assert.ok(ladder);
  const page = shown(result);
  for (const { text } of ladder.findings) {
    assert.ok(sectionText(page, 'ladder').includes(text), text);
    assert.ok(resultText(result, null).includes(text), text);
  }
  assert.equal(tableOf(page, 'The figures at each level').length, 6);
  assert.equal(tableOf(page, 'Runs, in the order they ran').length, 12);
});

test('without a law: a line through the medians, and no residuals', () => {
  const result = makeLadderResult({ levels: [1, 4] }, { disturbedRuns: [1] });
  const plots = plotsOf(shown(result));
  const curve = plots.get('Throughput over connections') ?? '';
  assert.deepEqual(
    ['class="through"', 'class="law"', 'class="band"'].map((part) => count(curve, part)),
    [1, 0, 0],
  );
  assert.ok(!plots.has('Residuals'));
});

test('every axis has a report, also of no run and of a single one', () => {
  const [, latency = ladderOptions().step] = scenarioNamed('echo').steps;
  for (const over of ['connections', 'rate', 'payload', 'nginx-workers'] as const) {
    const step = over === 'rate' ? latency : ladderOptions().step;
    for (const most of [0, 1, 12]) {
      const result = makeLadderResult({ over, step }, { most });
      assert.doesNotMatch(shown(result), BROKEN, `${over}, ${most} runs`);
      assert.doesNotMatch(resultText(result, null), /NaN|undefined|Infinity/);
    }
  }
});

test('in parentheses: the figures of levels without a valid run', () => {
  const result = makeLadderResult({ levels: [1, 4], rounds: 1 }, { disturbedRuns: [1] });
  const rows = tableOf(shown(result), 'The figures at each level');
  assert.equal(rows.filter(([, valid]) => valid === '0 of 1').length, 1);
  for (const [, valid = '', figure = ''] of rows) assert.equal(figure.startsWith('('), valid === '0 of 1');
});

test('exports: a table of the levels in Markdown, and the level of each run in OpenMetrics', () => {
  const result = makeLadderResult();
  const table = lexer(resultMarkdown(result)).find(({ type }) => type === 'table');
  assert.ok(table?.type === 'table');
  assert.equal(table.rows.length, 6);
  const rates =
    openMetrics(result).match(/^nginx_ws_bench_messages_per_second\{[^}]*connections="\d+"/gm) ?? [];
  assert.equal(rates.length, 12);
});

test('strings from outside stay text', () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const page = reportHtml(withEveryString(makeLadderResult(), hostile));
  assert.ok(!page.includes(hostile));
});
