import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { table, tagsMarkup } from './elements.ts';
import { reportHtml } from './html.ts';

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
