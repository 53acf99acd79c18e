import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration } from '../../test/calibration.ts';
import { makeSearch, makeSearchResult } from '../../test/capacity.ts';
import { makeComparison, makeRounds } from '../../test/comparison.ts';
import { assertGolden } from '../../test/golden.ts';
import { indexOf, makeHistory } from '../../test/history.ts';
import { withEveryString } from '../../test/hostile.ts';
import { outlineOf } from '../../test/outline.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import type { ResultIndex } from '../model/result.ts';
import { html } from '../report/markup.ts';
import { siteFiles } from './site.ts';

const HOSTILE = `</script></style></title><img src=x onerror=alert(1)><script>alert(2)</script>"'\`--><!-- \u2028\u0007\ufffe]]>&lt; ../../x`;

function site(indexes: readonly ResultIndex[], title = 'A site'): Map<string, string> {
  const published = indexes.map((index) => ({ folder: index.id, index }));
  return new Map(siteFiles(title, published).map(({ name, text }) => [name, text]));
}

/**
 * Returns elements that are never closed, and closing tags without an opening one. A well-formed document has neither.
 */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = '', own] of xml.matchAll(/<(\/?)([A-Za-z][\w:]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (own === '/') continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

test('every series has a page and a badge, and no link is broken', () => {
  const files = site(makeHistory(12));
  const names = [...files.keys()];
  assert.deepEqual(names.slice(0, 2), ['index.html', 'feed.xml']);
  assert.equal(names.filter((name) => /^series\/.*\.html$/.test(name)).length, 8);
  assert.equal(names.filter((name) => /^series\/.*\.svg$/.test(name)).length, 8);
  for (const [name, text] of files) {
    const links = [...text.matchAll(/ href="([^"#]+)"/g)].map(([, link = '']) => link);
    for (const link of links.filter((each) => !each.startsWith('data:'))) {
      const { pathname, protocol } = new URL(link, `x:///${name}`);
      assert.equal(protocol, 'x:', `${name} links to ${link}`);
      const path = decodeURIComponent(pathname.slice(1));
      const isResult = /^results\/[\w+.-]+\/(report\.html|result\.json)$/.test(path);
      assert.ok(files.has(path) || isResult, `${name} links to ${path}`);
    }
  }
});

test('what a site shows is what its golden file says', () => {
  const files = [...site([...makeHistory(24), indexOf(makeSearchResult())])];
  const shown = files.filter(([name]) => !name.startsWith('series/') || /cpu|response-p50/.test(name));
  const outlines = shown.map(([name, text]) => `${name}\n${outlineOf(text)}\n`);
  assertGolden('outlines/site.txt', outlines.join('\n'));
});

test('the index links to an additional page, which links back', () => {
  const page = { file: 'more.html', title: 'More & more', body: html`<p>What there is.</p>` };
  const files = new Map(siteFiles('A site', [], [page]).map(({ name, text }) => [name, text]));
  assert.match(files.get('index.html') ?? '', /<a href="more\.html">More &amp; more<\/a>/);
  const text = files.get('more.html') ?? '';
  assert.match(text, /<a href="index\.html">/);
  assert.match(text, /<title>More &amp; more: A site<\/title>/);
  assert.match(text, /<p>What there is\.<\/p>/);
});

test('the site does not depend on the order of the results', () => {
  const history = makeHistory(12);
  assert.deepEqual([...site(history)], [...site(history.toReversed())]);
});

test('the index shows the newest changes, figures and findings, and the number of changes left out', () => {
  const elsewhere = makeHistory(40, 8).map((each) => ({
    ...each,
    id: `${each.id}-elsewhere`,
    environment: { ...each.environment, cpuModel: 'Another CPU' },
  }));
  const comparison = indexOf(makeRounds());
  const comparisons = Array.from({ length: 52 }, (_, at) => ({ ...comparison, id: `comparison-${at}` }));
  const index = site([...makeHistory(40), ...elsewhere, ...comparisons]).get('index.html') ?? '';
  const sectionOf = (id: string) => index.split(`<section id="${id}"`)[1]?.split('</section>')[0] ?? '';
  const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0;
  assert.equal(count(sectionOf('changes'), /<li/g), 8);
  assert.match(sectionOf('changes'), /\d+ earlier changes? on the pages/);
  assert.equal(count(sectionOf('comparisons'), /<li/g), 50);
  const rows = sectionOf('trends').split('<li class="row"').slice(1);
  assert.equal(Math.max(...rows.map((row) => count(row, /class="tile"/g))), 3);
});

test('the index shows changes, findings of comparisons, and whether each result is valid', () => {
  const history = makeHistory(40);
  const cut = structuredClone(history.at(-1) ?? assert.fail());
  Object.assign(cut, { id: 'cut', endedAt: null });
  Object.assign(cut.plan, { note: 'The last of them.', series: 'night' });
  const files = site([...history, cut]);
  const index = files.get('index.html') ?? '';
  assert.match(index, /\+1\d(\.\d)? % higher<\/span> <strong>Nginx CPU per message<\/strong> of <a/);
  assert.match(index, /plain\+buf-16k uses 25 % more Nginx CPU per message than plain/);
  assert.match(index, /12 of 12 valid, interrupted/);
  assert.match(index, /The last of them\./);
  assert.match(index, /<span class="tag">branch=main<\/span>/);
  assert.match(index, /<option value="nginx-1">1\.26\.3<\/option>/);
  const pages = [...files.keys()].filter((name) => /^series\/.*\.html$/.test(name));
  const rowsIn = (id: string) =>
    index
      .split(`<section id="${id}"`)[1]
      ?.split('</section>')[0]
      ?.match(/<tr data-has="/g)?.length;
  assert.deepEqual([rowsIn('results'), rowsIn('series')], [41, pages.length]);
});

test('improvements and deteriorations are marked as such', () => {
  const kinds = (history: readonly ResultIndex[]) => {
    const index = site(history).get('index.html') ?? '';
    const changes = /<section id="changes".*?<\/section>/s.exec(index)?.[0] ?? '';
    return [...changes.matchAll(/<span class="badge (\w+)"><svg.*?<\/svg> [^<]*(higher|lower)</g)].map(
      ([, kind, direction]) => `${direction}: ${kind}`,
    );
  };
  const history = makeHistory(40);
  const backwards = history.map((each, at) => {
    const { startedAt } = history.at(-1 - at) ?? each;
    return { ...each, startedAt, runs: each.runs.map((run) => ({ ...run, startedAt })) };
  });
  assert.ok(kinds(history).includes('higher: bad'));
  assert.ok(kinds(backwards).includes('lower: good'));
});

test('a capacity and a calibration are listed with their findings, not as comparisons or runs', () => {
  const capacity = { ...indexOf(makeSearchResult()), id: 'a-capacity' };
  const calibration = {
    ...indexOf(makeRounds()),
    id: 'a-calibration',
    conclusions: [makeComparison('plain', 'plain+delay-1ms'), makeCalibration()],
  };
  const files = site([capacity, calibration]);
  const index = files.get('index.html') ?? '';
  const sectionOf = (id: string) =>
    new RegExp(`<section id="${id}".*?</section>`, 's').exec(index)?.[0] ?? assert.fail(id);
  assert.match(
    sectionOf('capacities'),
    /<a href="results\/a-capacity\/report\.html">tls<\/a>.*<p>tls holds between 4,900 and 5,100 messages per second over 100 WebSockets with response\.p99&lt;20ms/s,
  );
  assert.match(
    sectionOf('calibrations'),
    /<a href="results\/a-calibration\/report\.html">plain on Example CPU 2\.40 GHz, 2 CPUs, 24 GiB<\/a>.*<p>False positives: 1 of 16 metrics .*<p>plain\+delay-1ms \(its echo servers answer 1 ms later\): not found/s,
  );
  assert.doesNotMatch(index, /<section id="comparisons"/);
  for (const id of ['capacities', 'calibrations']) assert.match(index, new RegExp(`<a href="#${id}">`));
  assert.match(sectionOf('results'), /<td>capacity: tls<\/td>/);
  assert.match(sectionOf('results'), /<td>calibration: plain, /);
  const feed = files.get('feed.xml') ?? '';
  assert.match(feed, /<title>Capacity: tls<\/title>/);
  assert.match(feed, /<summary>tls holds between 4,900 and 5,100 /);
  assert.match(feed, /<title>Calibration: plain, /);
  assert.match(feed, /<summary>False positives: 1 of 16 metrics /);
});

test('the Atom feed is well formed and lists the newest result first, with its changes', () => {
  const feed = site(makeHistory(70)).get('feed.xml') ?? '';
  assert.ok(
    feed.startsWith('<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'),
  );
  assert.deepEqual(unbalanced(feed), []);
  const entries = feed.split('<entry>').slice(1);
  assert.equal(entries.length, 50);
  // RFC 4287 section 4.1.2: each entry has exactly one of each of these.
  for (const entry of entries) {
    for (const element of ['id', 'title', 'updated', 'summary'])
      assert.equal([...entry.matchAll(new RegExp(`<${element}>[^<]+</${element}>`, 'g'))].length, 1);
    assert.match(
      entry,
      /<id>urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}<\/id>/,
    );
  }
  const times = entries.map((entry) => /<updated>(.*)<\/updated>/.exec(entry)?.[1] ?? '');
  assert.deepEqual(times, times.toSorted().reverse());
  assert.equal(new Set(entries.map((entry) => /<id>.*<\/id>/.exec(entry)?.[0])).size, 50);
  assert.match(
    feed,
    /tls, throughput: Nginx CPU per message higher on 12 Feb 2026: \+10\.8 %\. 42\.5 µs, compared with a median of/,
  );
});

test('a badge shows the newest figure, in green or red if it has just changed', () => {
  const badgeOf = (cpu: number, figure: string, results = 9) => {
    const history = makeHistory(results).map((index) => ({ ...index, conclusions: [] }));
    for (const run of history.at(-1)?.runs ?? []) run.metrics[figure] = (run.metrics[figure] ?? 0) * cpu;
    const [, badge = ''] =
      [...site(history)].find(
        ([name]) =>
          /^series\/tls-.*\.svg$/.test(name) &&
          name.includes(figure === 'response.p50' ? 'latency' : 'throughput'),
      ) ?? [];
    assert.deepEqual(unbalanced(badge), []);
    return badge;
  };
  assert.match(badgeOf(1, 'messages.perSecond'), /<title>tls throughput: 2[\d.]+k\/s<\/title>.*#1d5fbf/s);
  assert.match(
    badgeOf(1.6, 'messages.perSecond'),
    /<title>tls throughput: 3[\d.]+k\/s \(\+[\d.]+ %\)<\/title>.*#17693b/s,
  );
  assert.match(badgeOf(3, 'response.p50'), /<title>tls p50: .* \(×[\d.]+\)<\/title>.*#a3202d/s);
  // Grey until there are enough values for a comparison.
  assert.match(badgeOf(1, 'messages.perSecond', 3), /<title>tls throughput: 2[\d.]+k\/s<\/title>.*#586374/s);
});

test('a site without results, or without a completed run, says so', () => {
  assert.match(site([]).get('index.html') ?? '', /No results yet\./);
  const index = site([indexOf(makeResult([]))]).get('index.html') ?? '';
  assert.match(index, /no run finished/);
  assert.match(index, /No usable runs yet\./);
});

test('trends appear once a series has two results, and say how many a verdict needs', () => {
  const [first] = makeHistory(1);
  assert.ok(first);
  const sections = (indexes: readonly ResultIndex[]) =>
    [...(site(indexes).get('index.html') ?? '').matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
  assert.deepEqual(sections([first]), ['results', 'series']);
  assert.deepEqual(sections([first, { ...first, id: 'again' }]), ['changes', 'trends', 'results', 'series']);
  assert.match(
    site([first, { ...first, id: 'again' }]).get('index.html') ?? '',
    /at least 5 comparable results/,
  );
});

test('hostile text stays text in pages, feed and badges, and no link leads elsewhere', () => {
  const results = [makeBothSteps(2, 1), makeRounds(), makeSearchResult(), makeRounds()].map((result) => {
    result.plan.labels = { key: '' };
    Object.assign(result.plan, { note: '', series: '' });
    return { ...indexOf(withEveryString(result, HOSTILE)), id: result.id };
  });
  const [first, second, third, fourth] = results;
  assert.ok(first && second && third && fourth);
  // In a comparison, only the verdicts may be arbitrary text; `hostile.ts` does not replace its names.
  second.conclusions = [withEveryString(makeComparison(), HOSTILE)];
  third.conclusions = [withEveryString(makeSearch(), HOSTILE)];
  fourth.conclusions = [
    withEveryString(makeComparison(), HOSTILE),
    withEveryString(makeCalibration(), HOSTILE),
  ];
  Object.assign(second, { id: 'second' });
  Object.assign(third, { id: 'third' });
  Object.assign(fourth, { id: 'fourth' });
  const files = site([first, second, third, fourth], HOSTILE);
  for (const id of ['comparisons', 'capacities', 'calibrations'])
    assert.match(files.get('index.html') ?? '', new RegExp(`<section id="${id}"`));
  for (const [name, text] of files) {
    assert.match(name, /^(index\.html|feed\.xml|series\/[A-Za-z0-9][A-Za-z0-9+.-]*\.(html|svg))$/);
    assert.doesNotMatch(text, /<img|<script>alert/, name);
    if (/\.(svg|xml)$/.test(name)) {
      assert.deepEqual(unbalanced(text), [], name);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML allows none of them.
      assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/, name);
    }
  }
  assert.ok(files.size > 4);
});
