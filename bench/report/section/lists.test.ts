import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { makeScenarioRun } from '../../../test/scenario-run.ts';
import type { Notice } from '../../model/finding.ts';
import type { Result } from '../../model/result.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { formatRate, formatTime } from '../../wording/format.ts';
import { paragraph, tally } from '../../wording/words.ts';
import { ARTICLE } from '../claims/claim.ts';
import { judge } from '../claims/claims.ts';
import { badge, mark } from '../elements.ts';
import { html } from '../markup.ts';
import { tableOf } from '../page-text.test.fixture.ts';
import { lossSentence, outcomeSentence, validitySentences } from '../verdict.ts';
import { viewOf } from '../view.ts';
import { claims, claimsMarkup, claimsOf } from './claims.ts';
import { noticeList, notices, noticesFinding } from './notices.ts';
import { runs, runsFinding } from './runs.ts';

const made = (level: Notice['level'], text: string): Notice => ({
  level,
  code: `code-${text}`,
  data: {},
  text,
});

test('a notice has a symbol, the runs that it is about, and the others of its kind if there are any', () => {
  const [warning, note] = [made('warning', '<w>'), made('info', 'n')];
  const others = [
    { what: made('info', 'o'), whose: 'b' },
    { what: made('info', 'p'), whose: '' },
  ];
  const { markup } = noticeList([
    { what: warning, whose: 'a', others: [] },
    { what: note, whose: '', others },
    { what: note, whose: '', others: others.slice(1) },
    { what: note, whose: '' },
  ]);
  const item = (level: string, head: string, text: string) =>
    `<li class="${level}"><strong>${head}</strong>${text}</li>\n`;
  const head = (sign: 'attention' | 'note', word: string) => `${mark(sign).markup} ${word}`;
  const more = (count: number, items: string) =>
    `<details><summary>${count} more of this kind</summary><ul class="plain">${items}</ul></details>`;
  const [both, last] = ['<li> <span class="of">b</span> o</li><li> p</li>', '<li> p</li>'];
  assert.equal(
    markup,
    `<ul class="notices">${[
      item(
        'warning',
        head('attention', 'Warning'),
        ' <span class="of">a</span> &lt;w&gt; <code>code-&lt;w&gt;</code>',
      ),
      item('info', head('note', 'Note'), ` n <code>code-n</code>${more(2, both)}`),
      item('info', head('note', 'Note'), ` n <code>code-n</code>${more(1, last)}`),
      item('info', head('note', 'Note'), ' n <code>code-n</code>'),
    ].join('')}</ul>`,
  );
});

test('notices are counted by level; the first warning is shown in full, with its runs', () => {
  const of = (level: Notice['level'], text: string, whose = '') => ({ what: made(level, text), whose });
  const [note, one, two] = [of('info', 'N.'), of('warning', 'One.', 'tls'), of('warning', 'Two.')];
  const nothing = noticesFinding([]);
  assert.ok(nothing !== '' && !/\d/.test(nothing));
  assert.equal(noticesFinding([note]), '0 warnings and 1 note.');
  assert.equal(noticesFinding([note, one, note]), '1 warning and 2 notes. tls: One.');
  assert.equal(noticesFinding([two, note, one]), '2 warnings and 1 note. First warning: Two.');
});

test('a result without notices has a section without a body', () => {
  const result = makeBothSteps(1, 1);
  const section = { id: 'notices', title: 'Notices', charts: [] };
  assert.deepEqual(notices(viewOf(result)), { ...section, finding: noticesFinding([]), body: null });
  const note = made('info', 'N.');
  const said = [{ what: note, whose: '', others: [] }];
  assert.deepEqual(notices(viewOf({ ...result, notices: [note] })), {
    ...section,
    finding: noticesFinding(said),
    body: noticeList(said),
  });
});

test('all runs are in a table with the time of day at which they started, and their remarks in a list', () => {
  const small = { seconds: 1, connections: 10, perSecond: 3000 };
  const [closed, open] = [makeRun(small), makeRun({ ...small, load: OPEN })];
  Object.assign(closed, { startedAt: '2026-01-02T13:14:15.678Z' });
  Object.assign(open, { startedAt: 'soon' });
  const [worker = assert.fail()] = open.workers;
  Object.assign(worker, { lost: 3, failed: 2, asked: worker.asked + 2 });
  const view = viewOf(makeResult([closed, open]));
  const section = runs(view);
  const [first = assert.fail(), second = assert.fail()] = view.runs;
  const { response } = second.figures.latencies;
  const rate = (at: number) => formatRate(view.runs[at]?.figures.messages.perSecond);
  assert.deepEqual(tableOf(section.body?.markup ?? '', 'Every run'), [
    ['tls', 'throughput', 'closed, 1 in flight', 'valid', rate(0), '–', '–', '0', '0', '13:14:15'],
    [
      ...['tls', 'latency', 'open, 20k/s, poisson', 'valid', rate(1)],
      ...[formatTime(response?.p50), formatTime(response?.p99), '2', '3', 'soon'],
    ],
  ]);
  assert.notEqual(formatTime(response?.p50), '–');
  const remarks = [first, second].map((each) =>
    paragraph([outcomeSentence(each), ...validitySentences(each), lossSentence(each)]),
  );
  const items = view.runs.map(({ label }, at) => html`<li><strong>${label}</strong>: ${remarks[at]}</li>\n`);
  assert.ok(section.body?.markup.endsWith(html`<ul class="plain">${items}</ul>`.markup));
  assert.deepEqual(
    [runsFinding([]), runsFinding([first]), runsFinding([first, second])],
    ['0 runs.', '1 run: 1 valid.', '2 runs: 2 valid.'],
  );
});

/** Results from which some claims can be judged. */
const RESULTS: readonly Result[] = [makeBothSteps(3, 1), { ...makeBothSteps(6, 1), id: 'other' }];
const VIEWS = RESULTS.map(viewOf);
const BADGES = { confirmed: 'good', refuted: 'bad', 'not shown': 'neutral' } as const;

test('claims that can be judged are articles with their evidence; the others are named at the end', () => {
  for (const views of [VIEWS.slice(0, 1), VIEWS]) {
    const judged = judge(views);
    const [tried, untried] = [true, false].map((isTried) =>
      judged.filter(({ findings }) => findings.length > 0 === isTried),
    );
    assert.ok(tried && untried && tried.length > 0 && untried.length > 0);
    const articles = tried.map(({ claim, verdict, findings }) => {
      const evidence = findings.flatMap(({ view, finding }) =>
        finding.evidence.map(
          (sentence, at) =>
            html`<li>${views.length > 1 && at === 0 && html`<strong>${view.result.id}</strong>: `}${sentence}</li>\n`,
        ),
      );
      return html`<article class="claim" id="claim-${claim.id}">
<header><h3>${claim.title}</h3>${badge(BADGES[verdict], verdict)}</header>
<p class="says">The article says: ${claim.says}</p>

<ul class="plain">${evidence}</ul>
<details><summary>How to test this claim</summary><p>${claim.shownBy}</p></details>
</article>
`;
    });
    const others = untried.map(({ claim }) => `${claim.title} (needs ${claim.needs.join(' and ')})`);
    assert.equal(
      claimsOf(views).markup,
      html`${articles}\n<p class="how">Not tested here: ${others.join('; ')}.</p>`.markup,
    );
  }
});

test('if all claims were tested, none is named at the end', () => {
  const mixed = scenarioNamed('mixed');
  const [step = assert.fail()] = mixed.steps;
  const result = makeResult(['plain', 'cache'].map((profile) => makeScenarioRun(mixed, step, profile)));
  const plan = { ...result.plan, scenario: 'mixed', steps: [step.name] };
  const views = [...VIEWS, viewOf({ ...result, plan })];
  assert.ok(judge(views).every(({ findings }) => findings.length > 0));
  assert.ok(claimsOf(views).markup.endsWith('</article>\n\n'));
});

test('the finding counts the claims that were tested, and their verdicts if there are any', () => {
  const [view = assert.fail()] = VIEWS;
  const judged = judge([view]);
  const tried = judged.filter(({ findings }) => findings.length > 0);
  const section = claims(view);
  assert.equal(
    section.finding,
    `${tried.length} of ${judged.length} claims tested: ${tally(tried.map(({ verdict }) => verdict))}.`,
  );
  assert.ok(section.body?.markup.endsWith(`\n${claimsOf([view]).markup}`));
  assert.ok(section.body?.markup.includes(`<cite lang="zh">${ARTICLE.title}</cite>`));
  const none = viewOf(makeResult([]));
  assert.equal(claims(none).finding, `0 of ${judged.length} claims tested.`);
  assert.ok(claimsOf([none]).markup.startsWith('\n<p class="how">'));
  assert.equal(claimsMarkup(RESULTS).markup, claimsOf(VIEWS).markup);
});
