import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { stored } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { badge, facts, mark, runBadge, table, tagsMarkup, withBar } from './elements.ts';
import { reportHtml } from './html.ts';
import { viewOf } from './view.ts';

const RUN = makeRun({ seconds: 1 });
const NONE = { series: null, labels: {}, note: null };

test('series, labels and note are shown as given, escaped; nothing is shown without them', () => {
  assert.equal(tagsMarkup(NONE).markup, '');
  const { markup } = tagsMarkup({ series: 'night', labels: { branch: '<main>' }, note: 'Why & how.' });
  assert.deepEqual(
    [...markup.matchAll(/class="(\w+)">([^<]+)/g)].map(([, kind, text]) => [kind, text]),
    [
      ['tag', 'series night'],
      ['tag', 'branch=&lt;main&gt;'],
      ['beside', 'Why &amp; how.'],
    ],
  );
});

test('a single tag, and a note without tags, are shown alone', () => {
  const tag = (text: string) => `<span class="tags"><span class="tag">${text}</span> </span>`;
  assert.equal(tagsMarkup({ ...NONE, series: 'night' }).markup, tag('series night'));
  assert.equal(tagsMarkup({ ...NONE, labels: { a: 'b' } }).markup, tag('a=b'));
  assert.equal(tagsMarkup({ ...NONE, note: 'Why.' }).markup, '<span class="beside">Why.</span>');
});

test('an optional column is left out if no row has a value in it', () => {
  const columns = [
    { title: 'Variant' },
    { title: 'Nginx CPU', optional: true },
    { title: 'Nginx memory', optional: true },
    { title: 'Lost' },
  ];
  const { markup } = table('Cost', columns, [
    ['a', '–', '–', '–'],
    ['b', '–', '7 KiB', '–'],
  ]);
  const cells = (tag: string) =>
    [...markup.matchAll(new RegExp(`<${tag}[^>]*>([^<]*)`, 'g'))].map(([, text]) => text);
  assert.deepEqual(cells('th scope="col"'), ['Variant', 'Nginx memory', 'Lost']);
  assert.deepEqual(cells('td'), ['–', '–', '7 KiB', '–']);
});

test('tags are shown in the header of a report', () => {
  const result = makeResult([makeRun({ seconds: 1 })]);
  Object.assign(result.plan, { note: 'After the update.' });
  const [header = ''] = reportHtml(result).split('<nav');
  assert.match(header, /After the update\./);
});

test('a table has a heading for each row, or one for consecutive rows that share it; only words have a class', () => {
  const columns = [{ title: 'Name' }, { title: 'Step', text: true }, { title: 'Lost' }];
  const { markup } = table('<All>', columns, [
    ['a', 'x', 1],
    ['a', 'y', 2],
    ['b', 'x', null],
    ['a', 'x', 3],
  ]);
  const head = (rows: number, name: string) =>
    `<th scope="${rows === 1 ? 'row' : 'rowgroup'}" rowspan="${rows}" class="text">${name}</th>`;
  assert.equal(
    markup,
    `<div class="scroll" role="region" aria-label="&lt;All&gt;" tabindex="0">
<table>
<caption>&lt;All&gt;</caption>
<thead><tr><th scope="col" class="text">Name</th><th scope="col" class="text">Step</th><th scope="col">Lost</th></tr></thead>
<tbody><tr>${head(2, 'a')}<td class="text">x</td><td>1</td></tr>
<tr><td class="text">y</td><td>2</td></tr>
</tbody><tbody><tr>${head(1, 'b')}<td class="text">x</td><td></td></tr>
</tbody><tbody><tr>${head(1, 'a')}<td class="text">x</td><td>3</td></tr>
</tbody>
</table>
</div>
`,
  );
});

test('a bar is as long as its share, to a tenth of a per cent, and never longer than the whole', () => {
  const widthOf = (share: number | null) =>
    /class="fill" width="([^"]*)".*<\/svg>(.*?)<\/span>$/.exec(withBar('text', share).markup)?.slice(1);
  assert.deepEqual([null, -1, 0, 0.12345, 0.0006, 1, 1.7].map(widthOf), [
    ...[
      ['0', 'text'],
      ['0', 'text'],
      ['0', 'text'],
      ['12.3', 'text'],
      ['0.1', 'text'],
    ],
    ...[
      ['100', 'text'],
      ['100', 'text'],
    ],
  ]);
});

test('a list of facts has a name for each value', () => {
  assert.equal(
    facts([
      ['a', '<1>'],
      ['b', 2],
    ]).markup,
    '<dl class="facts"><div><dt>a</dt><dd>&lt;1&gt;</dd></div><div><dt>b</dt><dd>2</dd></div></dl>',
  );
});

test('the badge of a run has the colour and the symbol of its state', () => {
  const badgeOf = (run: Partial<Run>, what?: string) =>
    runBadge(viewOf(makeResult([{ ...RUN, ...run }])).runs[0] ?? assert.fail(), what).markup;
  const suspect = { ...RUN.validity, verdict: 'suspect' as const, reasons: [stored('It swayed.')] };
  assert.equal(badgeOf({}), badge('good', 'valid').markup);
  assert.equal(badgeOf({}, 'latency'), badge('good', 'latency: valid').markup);
  assert.equal(badgeOf({ validity: suspect }), badge('warn', 'suspect').markup);
  assert.equal(
    badgeOf({ validity: suspect, outcome: { state: 'failed', reason: '' } }),
    badge('bad', 'failed').markup,
  );
  assert.equal(
    badge('warn', '<x>').markup,
    `<span class="badge warn">${mark('attention').markup} &lt;x&gt;</span>`,
  );
  assert.equal(
    new Set(
      ['good', 'bad', 'warn', 'neutral'].map((kind) => badge(kind as 'good', '').markup.split('path')[1]),
    ).size,
    4,
  );
});
