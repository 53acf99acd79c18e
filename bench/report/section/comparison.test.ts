import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../../test/calibration.ts';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { withEveryString } from '../../../test/hostile.ts';
import type { Stored } from '../../model/comparison.ts';
import type { Result } from '../../model/result.ts';
import { hgrmFiles } from '../exports/hgrm.ts';
import { reportHtml } from '../html.ts';
import { tableOf } from '../page-text.test.fixture.ts';

const PAGE = reportHtml(makeRounds());
const titles = (page: string) => [...page.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]);

test('a comparison has its own sections, with the verdict first, and all runs in one table', () => {
  assert.deepEqual(titles(PAGE), [
    'Verdict',
    'Effects',
    'Response time by percentile',
    'Round by round',
    'Configuration differences',
    'Notices',
    'All runs',
    'The article’s claims',
    'Environment and plan',
  ]);
  assert.match(PAGE, /<p class="verdict">plain\+buf-16k uses 25 % more Nginx CPU per message than plain/);
  const runs = /<section id="runs"[\s\S]*?<\/section>/.exec(PAGE)?.[0] ?? '';
  assert.equal(runs.match(/<tr>/g)?.length, 1 + 12);
});

test('the rounds in the charts are listed in a table as well', () => {
  assert.deepEqual(tableOf(PAGE, 'plain+buf-16k and plain, round by round').slice(0, 3), [
    ['Nginx CPU per message', '1', '20 µs', '25 µs'],
    ['Nginx CPU per message', '2', '21 µs', '26 µs'],
    ['Nginx CPU per message', '3', '22 µs', '27 µs'],
  ]);
});

test('rounds are neither plotted nor listed for unaffected figures or for per-core capacity', () => {
  const result = makeRounds();
  const comparison = makeComparison();
  const [each = assert.fail()] = comparison.comparisons;
  const [cpu = assert.fail()] = each.figures;
  const figures = [
    cpu,
    { ...cpu, name: 'perCoreCapacity' as const },
    { ...cpu, name: 'response.p50' as const, effect: null, interval: null },
  ];
  const page = reportHtml({
    ...result,
    conclusions: [{ ...comparison, comparisons: [{ ...each, figures }] }],
  });
  assert.deepEqual(
    [...new Set(tableOf(page, 'plain+buf-16k and plain, round by round').map(([figure]) => figure))],
    ['Nginx CPU per message'],
  );
  assert.equal(page.match(/<svg class="plot pairs"/g)?.length, 1);
});

test('every effect is drawn with its interval, or as an arrow if it is beyond the scale', () => {
  const forest = /<svg class="plot effects"[\s\S]*?<\/svg>/.exec(PAGE)?.[0] ?? '';
  assert.equal(forest.match(/class="interval"/g)?.length, 3);
  assert.equal(forest.match(/<circle/g)?.length, 2);
  assert.equal(forest.match(/<path/g)?.length, 1);
  assert.deepEqual(
    [...forest.matchAll(/<g class="(\w+)"/g)].map((match) => match[1]),
    ['worse', 'neither', 'worse'],
  );
  for (const [, x = ''] of forest.matchAll(/ (?:x|cx|x1|x2)="([^"]*)"/g))
    assert.ok(Number(x) >= 0 && Number(x) <= 960, x);
});

test('every round that counts is a pair of joined points', () => {
  const plots = [...PAGE.matchAll(/<svg class="plot pairs"[\s\S]*?<\/svg>/g)].map(([plot]) => plot);
  assert.equal(plots.length, 3);
  for (const plot of plots) {
    for (const sign of ['<circle', '<rect', 'class="joined"'])
      assert.equal(plot.split(sign).length - 1, 3, sign);
    assert.doesNotMatch(plot, /NaN|Infinity/);
  }
});

test('configuration differences show the tuning, but neither ports nor folders', () => {
  const diff = /<pre class="diff"[\s\S]*?<\/pre>/.exec(PAGE)?.[0] ?? '';
  const changed = [...diff.matchAll(/<span class="(added|removed)">([^<]*)/g)].map(([, kind, text]) => [
    kind,
    text?.trim(),
  ]);
  assert.deepEqual(changed, [['added', '+   proxy_buffer_size 16k;']]);
});

test('percentiles cover all rounds, with the baseline in grey', () => {
  const [chart] = JSON.parse(/id="charts">([\s\S]*?)<\/script>/.exec(PAGE)?.[1] ?? '[]');
  assert.deepEqual(
    chart.series.map(({ label, colour }: { label: string; colour: string }) => [label, colour]),
    [
      ['plain', 'series-5'],
      ['plain+buf-16k', 'series-0'],
    ],
  );
});

test('there is one distribution file per variant, step and kind of time, not one per run', () => {
  const names = hgrmFiles(makeRounds()).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes('plain+buf-16k-latency-response.hgrm'));
  assert.ok(names.every((name) => /^plain(\+buf-16k)?-(throughput|latency)-\w+\.hgrm$/.test(name)));
});

test('a comparison without any results still has a page', () => {
  const result = makeRounds();
  const conclusions = result.conclusions.flatMap((each) =>
    each.kind !== 'comparison'
      ? []
      : [{ ...each, comparisons: each.comparisons.map((one) => ({ ...one, figures: [] })), excluded: [] }],
  );
  const page = reportHtml({ ...result, runs: [], conclusions });
  assert.equal(titles(page).length, 9);
  assert.doesNotMatch(page.slice(0, page.indexOf('<script')), /NaN|Infinity|undefined/);
});

test('stored results have two points without a line for each run, and a table of all other differences', () => {
  const page = reportHtml(makeStored());
  assert.deepEqual(titles(page).slice(0, 4), [
    'Verdict',
    'Effects',
    'Response time by percentile',
    'Run by run',
  ]);
  assert.match(
    page,
    /<th scope="row"[^>]*>kernel<\/th><td class="text">6\.1<\/td><td class="text">6\.2<\/td>/,
  );
  assert.match(page, /plain\+buf-16k is only in B\./);
  assert.match(page, /<summary>The runs of plain\+buf-16k as a table/);
  assert.match(PAGE, /<summary>The rounds of plain\+buf-16k as a table/);
  assert.match(page, /Mann–Whitney/);
  const [plot = ''] = [...page.matchAll(/<svg class="plot pairs"[\s\S]*?<\/svg>/g)].map(([each]) => each);
  assert.deepEqual(
    ['<circle', '<rect', 'class="joined"'].map((sign) => plot.split(sign).length - 1),
    [2, 3, 0],
  );
  assert.doesNotMatch(plot, /NaN|Infinity/);
});

test('if a variant ran on another Nginx, both versions are named above the configuration differences', () => {
  const result = makeRounds();
  assert.doesNotMatch(PAGE, /It ran on/);
  const runs = result.runs.map((run) => {
    if (run.plan.variant === 'plain' || run.proxy === null) return run;
    const origin = 'nginx 1.26.3-3 of debian:trixie';
    return { ...run, proxy: { ...run.proxy, version: '1.26.3', openssl: 'OpenSSL 3.5.9', origin } };
  });
  assert.match(
    reportHtml({ ...result, runs }),
    /<p>plain\+buf-16k ran on Nginx 1\.26\.3 with OpenSSL 3\.5\.9 \(nginx 1\.26\.3-3 of debian:trixie\), plain on Nginx 1\.22\.1 with OpenSSL 3\.0\.11 19 Sep 2023 \(\/usr\/sbin\/nginx\)\.<\/p>/,
  );
});

test('a calibration is summarised before its comparisons', () => {
  const page = reportHtml(makeCalibrated());
  assert.deepEqual(titles(page).slice(0, 3), ['Calibration', 'Effects', 'Round by round']);
  assert.match(page, /<h1>WebSocket through Nginx: Calibration with plain<\/h1>/);
});

test('no string from outside becomes markup', () => {
  for (const result of [makeRounds(), makeStored(), makeCalibrated()]) {
    const page = reportHtml(withEveryString(result, '</script><img src=x onerror=alert(1)>"\''));
    assert.doesNotMatch(page, /<img/);
  }
});

/** The same rounds, presented as runs of two stored results. */
function makeStored(): Result {
  const result = makeRounds();
  const comparison = makeComparison();
  const stored: Stored = {
    baseline: { id: 'a', startedAt: '2025-01-02T03:04:05.000Z' },
    variant: { id: 'b', startedAt: '2025-01-03T03:04:05.000Z' },
    differences: [{ what: 'kernel', baseline: '6.1', variant: '6.2' }],
    unmatched: [{ variant: 'plain+buf-16k', in: 'variant' }],
  };
  const comparisons = comparison.comparisons.map((each) => ({
    ...each,
    baseline: 'plain',
    figures: each.figures.map((figure) => ({
      ...figure,
      rounds: [],
      runs: { baseline: [20, 21], variant: [25, 26, 27] },
    })),
  }));
  return { ...result, conclusions: [{ ...comparison, comparisons, stored }] };
}

function makeCalibrated(): Result {
  const result = makeRounds();
  return {
    ...result,
    conclusions: [...result.conclusions, makeCalibration()],
    calibration: makeKeptCalibration(),
  };
}
