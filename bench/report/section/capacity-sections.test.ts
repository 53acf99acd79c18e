import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch, makeSearchResult } from '../../../test/capacity.ts';
import { makeResult } from '../../../test/result.ts';
import type { CapacitySearch } from '../../model/capacity.ts';
import { formatTime } from '../../wording/format.ts';
import { capacitySentences } from '../capacity/answer.ts';
import { inconclusiveLines, trialColumns, trialRows } from '../capacity/trials.ts';
import { html } from '../markup.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';
import { CAPACITY_SECTIONS, lastConfiguration } from './capacity.ts';

const RESULT = makeSearchResult();
const VIEW = viewOf(RESULT);
const [found = assert.fail(), search = assert.fail(), curves = assert.fail()] = CAPACITY_SECTIONS;

function viewWith(changes: Partial<CapacitySearch>) {
  return { ...VIEW, result: { ...RESULT, conclusions: [makeSearch(changes)] } };
}

test('the first sentence about the capacity is the answer', () => {
  const search = makeSearch({ interval: [4900, null], bound: 'at-least', finished: false });
  const [answer, ...others] = capacitySentences(search);
  const { markup } = found(viewWith(search)).body;
  assert.equal(
    markup,
    html`<p class="verdict">${answer}</p>\n${others.map((each) => html`<p>${each}</p>`)}`.markup,
  );
});

test('trials are a table that ends with their outcome and validity; those that were inconclusive are listed', () => {
  const section = search(VIEW);
  const { markup } = section.body;
  const [first, ...others] = trialColumns(makeSearch());
  const outcome = others.pop();
  assert.deepEqual(headsOf(section), [
    `Trials, in the order they ran: ${[`${first} →`, ...others, `${outcome} →`, 'validity →'].join(', ')}`.replaceAll(
      '<',
      '&lt;',
    ),
  ]);
  assert.deepEqual(
    tableOf(markup, 'Trials, in the order they ran').map((row) => row.slice(0, -1)),
    trialRows(makeSearch(), VIEW),
  );
  assert.doesNotMatch(markup, /No trial finished/);
  const lines = inconclusiveLines(makeSearch()).map((line) => `<li>${line}</li>`);
  assert.equal(lines.length, 1);
  assert.ok(markup.endsWith(`<h3>Inconclusive</h3><ul class="plain">${lines.join('')}</ul>`));
});

test('a single conclusive trial has a row and nothing inconclusive; without trials there is no table', () => {
  const [trial = assert.fail()] = makeSearch().trials;
  const one = search(viewWith({ trials: [trial] }));
  assert.equal(tableOf(one.body.markup, 'Trials, in the order they ran').length, 1);
  assert.ok(one.body.markup.endsWith('</p>\n'));
  const none = search(viewWith({ trials: [] }));
  assert.match(none.body.markup, /^<p>No trial finished\.<\/p>\n\n\n<p class="how">/);
});

test('each end of the interval has a curve of its own, and its median is stated', () => {
  const { charts, body } = curves(VIEW);
  const [chart] = charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(
    chart.series.map(({ label, colour, pattern }) => [label, colour, pattern]),
    [
      ['held: 4,900', 'series-0', 0],
      ['missed: 5,100', 'series-1', 1],
    ],
  );
  const medians = [5, 6].map((at) => {
    const view = VIEW.runs.find(({ run }) => run === RESULT.runs[at]) ?? assert.fail();
    return formatTime(view.times.getValueAtPercentile(50));
  });
  const described = `held: 4,900: p50 ${medians[0]}. missed: 5,100: p50 ${medians[1]}.`;
  assert.ok(
    body.markup.startsWith('\n<figure') && body.markup.includes(`<p class="finding">${described}</p>`),
  );
});

test('an end whose run has no response times has no curve', () => {
  const [empty] = curves({ ...viewWith({ interval: [null, null] }) }).charts;
  assert.equal(empty, undefined);
  const histogram = VIEW.runs[0]?.times ?? assert.fail();
  const runs = VIEW.runs.map((each) => ({
    ...each,
    times: Object.create(histogram, { totalCount: { value: 0 } }),
  }));
  const section = curves({ ...VIEW, runs });
  assert.deepEqual([section.charts, section.body.markup], [[], '<p>No trial to show.</p>\n']);
});

test('the configuration shown is that of the last run with Nginx', () => {
  const runs = RESULT.runs.slice(0, 3).map((run, at) => ({
    ...run,
    plan: { ...run.plan, variant: `v${at}` },
    proxy: run.proxy && {
      ...run.proxy,
      ...{ version: `1.${at}`, given: 'old', configuration: `\na ${at};\nb;\n` },
    },
  }));
  const [first, second, third] = runs;
  assert.ok(first && second && third);
  const shown = lastConfiguration(viewOf(makeResult([first, second, { ...third, proxy: null }])));
  assert.equal(shown.finding, 'The last run used Nginx 1.1 with 2 lines of configuration.');
  const page = shown.body?.markup ?? '';
  assert.ok(page.includes('<pre tabindex="0" aria-label="nginx.conf of v1">\na 1;\nb;\n</pre>'));
  assert.ok(page.includes('What the bench changed in v1'));
  const none = lastConfiguration(viewOf(makeResult([{ ...first, proxy: null }])));
  assert.equal(none.body, null);
  assert.notEqual(none.finding, shown.finding);
});

test('a section of a search needs a search', () => {
  assert.throws(() => found(viewOf(makeResult([]))), /not a capacity search/);
});
