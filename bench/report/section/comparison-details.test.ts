import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import type { Comparison, Stored } from '../../model/comparison.ts';
import type { Notice } from '../../model/finding.ts';
import type { Result } from '../../model/result.ts';
import type { Run, UsedProxy } from '../../model/run.ts';
import { capital } from '../../wording/words.ts';
import { SAME_SESSIONS } from '../comparison/notes.ts';
import { percentileFinding } from '../finding/curve.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';
import { BEHIND_ROUNDS, curvesOfRounds, effects, kindsOfNotices, rounds, verdicts } from './comparison.ts';
import { noticeList, noticesFinding } from './notices.ts';
import { runsFinding } from './runs.ts';

const [configurations = assert.fail(), , compactRuns = assert.fail()] = BEHIND_ROUNDS;
const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

/** A run of a round; of the pilot if the round is null. */
function runOf(variant: string, round: number | null, open = true): Run {
  const run = makeRun({ ...SMALL, profile: 'plain', variant, ...(open ? { load: OPEN } : {}) });
  return { ...run, plan: { ...run.plan, round } };
}

/** A comparison of these variants with the variant `plain`. */
function compared(runs: Run[], ...variants: string[]): Result {
  const comparison = makeComparison();
  const [each = assert.fail()] = comparison.comparisons;
  const conclusion: Comparison = {
    ...comparison,
    comparisons: variants.map((variant) => ({ ...each, variant })),
  };
  return { ...makeResult(runs), conclusions: [conclusion] };
}

/** A run on an Nginx with these properties; without Nginx if they are null. */
function withProxy(run: Run, changes: Partial<UsedProxy> | null): Run {
  if (changes === null) return { ...run, proxy: null };
  return { ...run, proxy: { ...(run.proxy ?? assert.fail()), ...changes } };
}

test('of notices, warnings come first, and each kind is listed once with the number of its runs', () => {
  const made = (level: Notice['level'], code: string, text = code): Notice => ({
    ...{ level, code, data: {}, text },
  });
  const result = compared([runOf('plain', 1), runOf('a', 1), runOf('b', 1)], 'a', 'b');
  const [plain, a, b] = result.runs;
  assert.ok(plain && a && b);
  result.notices = [made('info', 'whole'), made('warning', 'whole-warning')];
  plain.notices = [made('info', 'same'), made('info', 'both'), made('warning', 'rare')];
  a.notices = [made('warning', 'both'), made('info', 'same'), made('info', 'both', 'another text')];
  b.notices = [made('info', 'same'), made('warning', 'both')];
  const expected = [
    { what: made('warning', 'whole-warning'), whose: '' },
    { what: made('warning', 'rare'), whose: '1 of 3 runs' },
    { what: made('warning', 'both'), whose: '2 of 3 runs' },
    { what: made('info', 'whole'), whose: '' },
    { what: made('info', 'same'), whose: '3 of 3 runs' },
    { what: made('info', 'both'), whose: '1 of 3 runs' },
    { what: made('info', 'both', 'another text'), whose: '1 of 3 runs' },
  ];
  const section = kindsOfNotices(viewOf(result));
  assert.deepEqual(section, {
    id: 'notices',
    title: 'Notices',
    finding: noticesFinding(expected),
    charts: [],
    body: noticeList(expected),
  });
  const none = compared([runOf('plain', 1)], 'a');
  assert.deepEqual(kindsOfNotices(viewOf(none)), { ...section, finding: noticesFinding([]), body: null });
});

test('all runs are listed in the order they ran, with response times only in an open loop', () => {
  const many = makeRun({ ...SMALL, perSecond: 3000, profile: 'plain', variant: 'a', load: OPEN });
  many.plan.round = 1;
  const { result, ...view } = viewOf(
    compared([runOf('plain', null, false), runOf('a', 2), runOf('plain', 2, false), many], 'a'),
  );
  const runs = view.runs.toReversed();
  const page = compactRuns({ ...view, result, runs }).body?.markup ?? '';
  assert.deepEqual(tableOf(page, 'In the order they ran'), [
    ['pilot', 'throughput', 'plain', 'valid', '98/s', '8.37 ms', '–', '–'],
    ['2', 'latency', 'a', 'valid', '96/s', '8.24 ms', '3.34 ms', '–'],
    ['2', 'throughput', 'plain', 'valid', '98/s', '8.37 ms', '–', '–'],
    ['1', 'latency', 'a', 'valid', '2.87k/s', '277 µs', '3.22 ms', '10.9 ms'],
  ]);
});

test('a percentile chart has a line for each variant with response times, in its own colour and pattern', () => {
  const names = ['plain', 'a', 'b', 'c', 'd', 'e', 'f'];
  const linesOf = (runs: Run[], ...variants: string[]) =>
    curvesOfRounds(viewOf(compared(runs, ...variants))).charts.map((chart) =>
      chart.kind === 'line' ? chart.series.map(({ label, colour, pattern }) => [label, colour, pattern]) : [],
    );
  assert.deepEqual(
    linesOf(
      names.map((name) => runOf(name, 1)),
      ...names.slice(1),
    ),
    [
      [
        ['plain', 'series-5', 0],
        ['a', 'series-0', 1],
        ['b', 'series-1', 2],
        ['c', 'series-2', 3],
        ['d', 'series-3', 4],
        ['e', 'series-4', 5],
        ['f', 'series-0', 0],
      ],
    ],
  );
  assert.deepEqual(linesOf([runOf('plain', 1), runOf('a', null), runOf('b', 1, false)], 'a', 'b'), [
    [['plain', 'series-5', 0]],
  ]);
  const known = makeRun({ ...SMALL, perSecond: 3000, profile: 'plain', variant: 'a', load: OPEN });
  known.plan.round = 1;
  const [view = assert.fail()] = viewOf(makeResult([known])).runs;
  const one = curvesOfRounds(viewOf(compared([known], 'a')));
  const curve = { name: 'a', colour: '', pattern: 0, times: view.times };
  assert.equal(one.finding, percentileFinding([curve]));
  assert.ok(one.body?.markup.startsWith('\n<figure class="chart"'));
  const none = curvesOfRounds(viewOf(compared([runOf('plain', null)], 'a')));
  assert.notEqual(none.finding, one.finding);
  assert.deepEqual(none, {
    id: 'curves',
    title: 'Response time by percentile',
    finding: none.finding,
    charts: [],
    body: { markup: `<p>${none.finding}</p>\n` },
  });
});

test('a percentile chart combines all rounds of a variant, and none of another', () => {
  const countOf = (...runs: Run[]) => {
    const [chart] = curvesOfRounds(viewOf(compared(runs, 'a'))).charts;
    return chart?.kind === 'line' ? chart.series.map(({ points }) => points.length) : [];
  };
  const slow = makeRun({ ...SMALL, perSecond: 1000, profile: 'plain', variant: 'a', load: OPEN });
  const slowOf = (round: number | null) => ({ ...slow, plan: { ...slow.plan, round } });
  const [one = 0, few = 0] = countOf(slowOf(1), runOf('plain', 1));
  assert.ok(one > few);
  assert.deepEqual(countOf(slowOf(1), runOf('plain', 1), slowOf(null)), [one, few]);
  const [all = 0] = countOf(...Array.from({ length: 11 }, (_, at) => slowOf(at + 1)));
  assert.ok(all > one);
});

/** Paragraphs and headings of a section about configurations, and the titles of what is collapsed. */
function configurationLines(...runs: Run[]): (string | undefined)[] {
  const names = [...new Set(runs.map(({ plan }) => plan.variant))].filter((name) => name !== 'plain');
  const { finding, body } = configurations(viewOf(compared(runs, ...names)));
  const lines = (body?.markup ?? '').matchAll(/<(?:h3|p|summary)>(.*?)<\/|<span class="(?!same)(.*?)\n/g);
  return [finding, ...[...lines].map(([, text, line]) => text ?? line)];
}

test('configurations are compared without ports and folders; a baseline is shown in full once', () => {
  const conf = (port: number, ...more: string[]) =>
    [`pid /tmp/${port}/nginx.pid;`, `log /tmp/${port}/a;`, `listen 127.0.0.1:${port};`, ...more].join('\n');
  const used = (run: Run, configuration: string) => withProxy(run, { configuration });
  const runs = [
    used(runOf('plain', 1), conf(1, 'gzip on;', 'sendfile on;')),
    used(runOf('a', 1), conf(22, 'gzip off;', 'aio on;')),
    used(runOf('b', 1), conf(333, 'gzip on;', 'sendfile on;')),
  ];
  assert.deepEqual(configurationLines(...runs), [
    'a adds 2 lines to plain and removes 2; b adds 0 lines to plain and removes 0.',
    'a',
    'gap">⋯',
    'removed">− gzip on;',
    'removed">− sendfile on;',
    'added">+ gzip off;',
    'added">+ aio on;',
    'b',
    'The two configurations are identical.',
    'plain, in full',
  ]);
});

test('without Nginx on either side, no configurations are compared', () => {
  const none = 'One of the two has no Nginx, or Nginx did not start.';
  const [plain, a] = [runOf('plain', 1), runOf('a', 1)];
  assert.deepEqual(configurationLines(withProxy(plain, null), a), [
    'a or plain ran without Nginx.',
    'a',
    none,
  ]);
  assert.deepEqual(configurationLines(plain, withProxy(a, null)), [
    'a or plain ran without Nginx.',
    'a',
    none,
    'plain, in full',
  ]);
  // The first run of a variant in which Nginx started is used.
  const configuration = 'events {}';
  assert.equal(
    configurationLines(
      withProxy(plain, { configuration }),
      withProxy(a, null),
      withProxy(a, { configuration }),
      withProxy(a, { configuration: '' }),
    )[0],
    'a adds 0 lines to plain and removes 0.',
  );
});

test('two builds of Nginx are named if they differ in version, TLS library or origin', () => {
  const [plain, a] = [runOf('plain', 1), runOf('a', 1)];
  const same = { version: '1.2.3', openssl: 'OpenSSL 3', origin: null, binary: '/n', configuration: '' };
  const told = (changes: Partial<UsedProxy>) =>
    configurationLines(withProxy(plain, same), withProxy(a, { ...same, ...changes })).filter((line) =>
      line?.includes(' ran on '),
    );
  assert.deepEqual(told({}), []);
  for (const [changes, text] of [
    [{ version: '1.2.4' }, 'Nginx 1.2.4 with OpenSSL 3 (/n)'],
    [{ openssl: null }, 'Nginx 1.2.3 with no TLS (/n)'],
    [{ origin: 'debian' }, 'Nginx 1.2.3 with OpenSSL 3 (debian)'],
    [{ binary: '/m' }, 'Nginx 1.2.3 with OpenSSL 3 (/m)'],
  ] as const)
    assert.deepEqual(told(changes), [`a ran on ${text}, plain on Nginx 1.2.3 with OpenSSL 3 (/n).`]);
});

test('excluded rounds, and lines of the last round, are listed only if there are any', () => {
  const result = makeRounds();
  const excluded = rounds(viewOf(result)).body?.markup ?? '';
  assert.equal(
    /<h3>Excluded<\/h3><ul class="plain">(.*)<\/ul>$/.exec(excluded)?.[1]?.split('<li>').length,
    1 + 1,
  );
  const conclusions = [{ ...makeComparison(), excluded: [] }];
  const body = rounds(viewOf({ ...result, conclusions })).body?.markup ?? '';
  assert.doesNotMatch(body, /Excluded|false/);
  assert.ok(body.endsWith('</details>\n\n'));
  const none = { ...makeComparison(), comparisons: [] };
  assert.equal(rounds(viewOf({ ...result, conclusions: [none] })).finding, 'No metric counts in any round.');
  assert.equal(verdicts(viewOf(result), () => 'x').body?.markup.split('<ul').length, 2);
});

test('the last round has a line for each variant that has one, below the verdicts', () => {
  const listsOf = (...runs: Run[]) => {
    const result = compared(runs, 'a');
    // In this scenario, the runs of a round do not take turns.
    result.plan.scenario = 'storm';
    const { markup } = verdicts(viewOf(result), ({ name }) => `<${name}>`).body ?? assert.fail();
    return [...markup.matchAll(/<ul class="plain">(.*?)<\/ul>/g)].slice(0, -1).map(([, items]) => items);
  };
  const [plain, a, pilot] = [runOf('plain', 2), runOf('a', 1), runOf('a', null)];
  assert.deepEqual(listsOf(plain, a), ['<li>Round 2, &lt;plain&gt;</li><li>Round 1, &lt;a&gt;</li>']);
  assert.deepEqual(listsOf(plain, pilot), ['<li>Round 2, &lt;plain&gt;</li>']);
  assert.deepEqual(listsOf(pilot), []);
});

test('two sessions have a table of their differences, and a list of variants that only one of them has', () => {
  const difference = { what: 'kernel', baseline: '6.1', variant: '6.2' };
  const other = { variant: 'x', in: 'baseline' as const };
  const sessionsOf = (differences: Stored['differences'], unmatched: Stored['unmatched']) => {
    const session = { id: 'a', startedAt: '2025-01-02T03:04:05.000Z' };
    const stored: Stored = { baseline: session, variant: session, differences, unmatched };
    const result = compared([runOf('plain', 1)], 'a');
    const conclusions = result.conclusions.map((each) => ({ ...each, stored })) as Result['conclusions'];
    const body = verdicts(viewOf({ ...result, conclusions }), () => '').body ?? assert.fail();
    const same = body.markup.includes(`<p>${SAME_SESSIONS}</p>`);
    const items = /<ul class="plain">(.*?)<\/ul>$/.exec(body.markup)?.[1];
    return { same, heads: headsOf({ body }), items };
  };
  const heads = ['The two sessions: Also different →, A →, B →'];
  assert.deepEqual(sessionsOf([], []), { same: true, heads: [], items: undefined });
  assert.deepEqual(sessionsOf([difference], [other]), {
    ...{ same: false, heads },
    items: '<li>x is only in A.</li>',
  });
});

test('rounds are joined, and runs of stored results are in two groups', () => {
  const result = makeRounds();
  const comparison = makeComparison();
  const session = { id: 'a', startedAt: '2025-01-02T03:04:05.000Z' };
  const stored = { baseline: session, variant: session, differences: [], unmatched: [] };
  const of = (conclusion: Comparison) => {
    const { title, finding, body } = rounds(viewOf({ ...result, conclusions: [conclusion] }));
    const how = /<p class="how">(.*?)<\/p>/.exec(body?.markup ?? '')?.[1] ?? '';
    return [
      title,
      finding === runsFinding(viewOf(result).runs),
      how.includes('joins'),
      how.includes('group'),
    ];
  };
  assert.deepEqual(of(comparison), ['Round by round', false, true, false]);
  assert.deepEqual(of({ ...comparison, stored }), ['Run by run', true, false, true]);
});

test('the finding about rounds is that of the first metric drawn, for each variant', () => {
  const comparison = makeComparison();
  const [each = assert.fail()] = comparison.comparisons;
  const [cpu = assert.fail(), other = assert.fail()] = each.figures;
  const of = (...figures: (typeof cpu)[]) => ({ ...each, variant: figures[0]?.name ?? 'none', figures });
  const values = (...differences: number[]) =>
    differences.map((by, at) => ({ round: at + 1, baseline: 10, variant: 10 + by }));
  const lower = { ...cpu, rounds: values(-1, -2, 3) };
  const higher = { ...other, rounds: values(1, 2) };
  const comparisons = [of(lower, higher), of(higher, lower), of()];
  const result = { ...makeRounds(), conclusions: [{ ...comparison, comparisons }] };
  const clause = (figure: typeof cpu, count: string) =>
    `${capital(metricTitle(figure))} was lower with ${figure.name} in ${count} rounds`;
  assert.equal(rounds(viewOf(result)).finding, `${clause(lower, '2 of 3')}; ${clause(higher, '0 of 2')}.`);
});

test('a section of a comparison needs a comparison', () => {
  assert.throws(() => effects(viewOf(makeResult([runOf('plain', 1)]))), /not a comparison/);
});
