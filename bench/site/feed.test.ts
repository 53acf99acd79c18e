import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../test/comparison.ts';
import { indexOf } from '../../test/history.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { headlineOf } from '../report/kinds/kinds.ts';
import { html } from '../report/markup.ts';
import { atomFeed } from './feed.ts';
import type { Published, Series } from './series.ts';
import { changeSentence, isChanged, seriesTitle } from './series-text.ts';
import { changed, type Drawn, trendOf } from './trend.test.fixture.ts';

const INDEX = indexOf(makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]));

function published(folder: string, changes: Partial<typeof INDEX> = {}): Published {
  return { folder, index: { ...INDEX, ...changes } };
}

/** The text of an element in each entry. */
const inEntries = (feed: string, element: string) =>
  feed
    .split('<entry>')
    .slice(1)
    .map((entry) => new RegExp(`<${element}>(.*?)</${element}>`).exec(entry)?.[1]);

function seriesOf(variant: string, drawn: readonly Drawn[]): Series {
  const trend = trendOf('messages.perSecond', drawn);
  return { name: null, variant, step: 'throughput', trends: [trend], answers: [] } as unknown as Series;
}

test('an entry has its times, its links, and an identifier of its own', () => {
  const [startedAt, endedAt] = ['2026-01-02T00:00:00.000Z', '2026-01-02T01:00:00.000Z'];
  const feed = atomFeed('A <site>', [published('a b', { startedAt, endedAt })], []);
  const id = 'urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
  assert.equal(
    feed.replace(new RegExp(id, 'g'), 'ID'),
    `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>ID</id>
<title>A &lt;site&gt;</title>
<updated>${endedAt}</updated>
<author><name>nginx-ws-bench</name></author>
<link rel="self" type="application/atom+xml" href="feed.xml"/>
<link rel="alternate" type="text/html" href="index.html"/>
<entry>
<id>ID</id>
<title>Run: tls</title>
<published>${startedAt}</published>
<updated>${endedAt}</updated>
<link rel="alternate" type="text/html" href="results/a%20b/report.html"/>
<link rel="related" type="application/json" href="results/a%20b/result.json"/>
<summary>No change beyond noise.</summary>
</entry>
</feed>
`,
  );
  assert.equal(new Set(feed.match(new RegExp(id, 'g'))).size, 2);
  assert.equal(atomFeed('A <site>', [published('a b', { startedAt, endedAt })], []), feed);
});

test('the feed was updated when the newest of its 50 results ended, or started if it did not end', () => {
  const at = (day: number) => `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  const updated = (...results: Published[]) => /<updated>(.*?)</.exec(atomFeed('Site', results, []))?.[1];
  assert.equal(updated(), '1970-01-01T00:00:00Z');
  assert.equal(
    updated(
      published('a', { startedAt: at(3), endedAt: at(4) }),
      published('b', { startedAt: at(9), endedAt: null }),
      published('c', { startedAt: at(5), endedAt: at(6) }),
    ),
    at(9),
  );
  const running = atomFeed('Site', [published('a', { startedAt: at(3), endedAt: null })], []);
  assert.deepEqual(inEntries(running, 'updated'), [at(3)]);
  const many = Array.from({ length: 51 }, (_, place) => published(`r${place}`));
  assert.equal(inEntries(atomFeed('Site', many, []), 'title').length, 50);
});

test('the title of an entry has the kind of the result, each variant once, and the number of changes', () => {
  const [run] = INDEX.runs;
  assert.ok(run);
  const results = [
    published('r0', { runs: [run, { ...run, variant: 'plain' }, run] }),
    published('r1', { conclusions: [makeComparison()] }),
    published('r2', { runs: [], id: 'the-id' }),
  ];
  const change = { value: 200, standing: changed(2, true) };
  const series = [
    seriesOf('one', [{ value: 100 }, change, { value: 300, standing: changed(3, false) }]),
    seriesOf('two', [{ ...change, value: 100 }, change]),
  ];
  assert.deepEqual(inEntries(atomFeed('Site', results, series), 'title'), [
    ...['Run: tls, plain (a change)', 'Comparison: tls (2 changes)', 'Run: the-id'],
  ]);
});

test('the summary of an entry has its findings, the changes of its series, and its note', () => {
  const conclusions = [makeComparison()];
  const plan = { ...INDEX.plan, note: 'A note & more.' };
  const series = ['one', 'two'].map((variant) =>
    seriesOf(variant, [{ value: 200, standing: changed(2, null) }]),
  );
  const sentences = series.flatMap((each) =>
    each.trends.flatMap(({ figure, points }) =>
      points.filter(isChanged).map((point) => `${seriesTitle(each)}: ${changeSentence(figure, point)}`),
    ),
  );
  const found = headlineOf({ ...INDEX, conclusions })?.lines.map(({ sentence }) => sentence) ?? [];
  assert.deepEqual([sentences.length, found.length], [2, 1]);
  assert.deepEqual(inEntries(atomFeed('Site', [published('r0', { conclusions, plan })], series), 'summary'), [
    html`${[...found, ...sentences, 'A note & more.'].join(' ')}`.markup,
  ]);
});
