import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRounds } from '../../test/comparison.ts';
import { makeLadderResult } from '../../test/ladder.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { contentsOf } from './contents.ts';
import { reportHtml } from './html.ts';
import { kindOf } from './kinds/kinds.ts';
import { loadSentence } from './load.ts';
import { html } from './markup.ts';
import { chartsOf } from './page-text.test.fixture.ts';
import { viewOf } from './view.ts';

const RESULT = makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]);

function headerOf(result: Result, isRunning = false): string {
  return /<header[^>]*>\n(.*?)<\/header>/s.exec(reportHtml(result, isRunning))?.[1] ?? assert.fail();
}

test('the header names the subject, the load, the time and the machine', () => {
  const { environment } = RESULT;
  const machine = (bun: string | null) =>
    `<p>2026-01-02 03:04:05 UTC · Example CPU 2.40 GHz, 2 CPUs, 24 GiB · ${environment.os} · Node v20.20.2${bun === null ? '' : ` · Bun ${bun}`}</p>\n\n`;
  const head = (subject: string) =>
    `<h1>WebSocket through Nginx: ${subject}</h1>\n<p class="load">${loadSentence(viewOf(RESULT))}</p>\n\n`;
  assert.equal(headerOf(RESULT), head('tls') + machine('1.4.5'));
  assert.equal(
    headerOf({ ...RESULT, environment: { ...environment, bun: null } }),
    head('tls') + machine(null),
  );
  const [tls = assert.fail()] = RESULT.variants;
  assert.ok(
    headerOf({ ...RESULT, variants: [tls, { ...tls, name: 'b' }] }).startsWith(head('tls, b').slice(0, 40)),
  );
  assert.ok(headerOf({ ...RESULT, variants: [] }).includes(`: ${RESULT.id}</h1>`));
  assert.ok(reportHtml(RESULT).includes('<title>tls: nginx-ws-bench</title>'));
});

test('the load is that of the kind of result, if it has one', () => {
  const result = makeLadderResult({ levels: [1], rounds: 1 });
  const { kind, found } = kindOf(result) ?? assert.fail();
  const load = kind.load(found, viewOf(result));
  assert.ok(load !== null && headerOf(result).includes(`<p class="load">${load}</p>`));
  const rounds = makeRounds();
  assert.ok(headerOf(rounds).includes(`<p class="load">${loadSentence(viewOf(rounds))}</p>`));
});

test('every section is in the contents and on the page, the open ones first; only the answers are bare', () => {
  const result = makeBothSteps(1, 1);
  const page = reportHtml(result);
  const view = viewOf(result);
  const { open, folded } = contentsOf(result);
  const shown = open.map((section) => section(view));
  const hidden = folded.map((section) => section(view));
  const all = [...shown, ...hidden];
  assert.deepEqual(
    [...page.matchAll(/<li><a href="#([^"]*)">(.*?)<\/a><\/li>/g)].map(([, id, title]) => [id, title]),
    all.map(({ id, title }) => [id, title]),
  );
  const attributes = (id: string) => `aria-labelledby="${id}-title"`;
  assert.deepEqual(
    [...page.matchAll(/<section ([^>]*)>/g)].map(([, text]) => text),
    [
      ...shown.map(({ id }) => `id="${id}"${id === 'answers' ? ' class="bare"' : ''} ${attributes(id)}`),
      ...hidden.map(({ id }) => `id="${id}" class="folded" ${attributes(id)}`),
    ],
  );
  assert.ok(shown.some(({ id }) => id === 'answers') && shown.length > 1);
  assert.deepEqual(
    chartsOf(page).map(({ id }) => id),
    all.flatMap(({ charts }) => charts.map(({ id }) => id)),
  );
});

test('a section with a body can be opened, and one without cannot', () => {
  const result = makeBothSteps(1, 1);
  const page = reportHtml(result);
  const view = viewOf(result);
  const sections = contentsOf(result).folded.map((section) => section(view));
  assert.deepEqual(new Set(sections.map(({ body }) => body === null)), new Set([true, false]));
  for (const { id, title, finding, body } of sections) {
    const head = html`<h2 id="${id}-title">${title}</h2> <span class="found">${finding}</span>`.markup;
    const content =
      body === null
        ? `<div class="head">${head}</div>`
        : `<details><summary class="head">${head}</summary>\n${body.markup}\n</details>`;
    assert.ok(page.includes(` aria-labelledby="${id}-title">\n${content}\n</section>\n`), id);
  }
});

test('a result without an end counts as interrupted, unless it is known to be running', () => {
  const broken = reportHtml({ ...RESULT, endedAt: null }).includes('<p class="broken">');
  assert.deepEqual([broken, reportHtml(RESULT).includes('<p class="broken">')], [true, false]);
});

test('what a bench that was interrupted did not complete is named, except for variants that were left out', () => {
  const both = makeBothSteps(2, 1);
  const [first = assert.fail(), , third = assert.fail()] = both.runs;
  const brokenIn = (result: Result, isRunning = false) =>
    /<p class="broken">(.*?)<\/p>/.exec(headerOf({ ...result, endedAt: null }, isRunning))?.[1];
  const whole = 'This bench was interrupted before it finished.';
  const missing = (what: string) => `This bench was interrupted before it completed ${what}.`;
  const part = { ...both, runs: [first, third] };
  assert.equal(brokenIn(both), whole);
  assert.equal(brokenIn(both, true), undefined);
  assert.doesNotMatch(headerOf(both), /class="broken"/);
  assert.equal(brokenIn(part), missing('the throughput step of plain and the latency step of plain'));
  const leftOut = { kind: 'left-out' as const, variant: 'plain', reason: stored('It stopped.') };
  const without = { ...part, conclusions: [...part.conclusions, leftOut] };
  assert.equal(brokenIn(without), missing('the throughput step of plain'));
  assert.equal(brokenIn({ ...both, runs: [], conclusions: [] })?.split(' step of ').length, 1 + 4);
  const ladder = makeLadderResult({ levels: [1, 4], rounds: 1 }, { most: 1 });
  const plan = { ...ladder.plan, steps: ['throughput', 'latency'] };
  assert.equal(brokenIn({ ...ladder, plan }), whole);
});
