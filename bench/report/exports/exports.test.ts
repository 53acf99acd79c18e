import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseJunit } from 'junit2json';
import { lexer } from 'marked';
import parseMetrics from 'parse-prometheus-text-format';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { assertGolden } from '../../../test/golden.ts';
import { withEveryString } from '../../../test/hostile.ts';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { figuresOf } from '../../measure/figures.ts';
import { EXPORTS } from '../../model/export.ts';
import { stored } from '../../model/finding.ts';
import type { Phase } from '../../model/load.ts';
import type { Result } from '../../model/result.ts';
import { slicesCsv } from './csv.ts';
import { EXPORT_FORMATS } from './exports.ts';
import { junitXml } from './junit.ts';
import { resultMarkdown } from './markdown.ts';
import { openMetrics } from './openmetrics.ts';

const HOSTILE = '=<a b="c">&\'|`*[x](y)\\,\r\n\u0000\ud800';

/** A result of two profiles in both steps of one second. The second run missed a threshold and failed. */
function measured(): Result {
  const result = makeBothSteps(2, 1);
  const [first, second, ...others] = result.runs;
  assert.ok(first && second);
  const text = 'messages.perSecond>1M: missed, it is 27000.';
  return {
    ...result,
    plan: { ...result.plan, thresholds: ['messages.perSecond>1M', 'response.p99<50ms'] },
    runs: [
      { ...first, notices: [{ level: 'warning', code: 'threshold-missed', data: {}, text }] },
      { ...second, outcome: { state: 'failed', reason: 'Nginx died & left "nothing".' } },
      ...others,
    ],
  };
}

function hostile(result: Result): Result {
  return withEveryString(result, HOSTILE);
}

for (const name of EXPORTS) {
  test(`${name} of a run is what its golden file says`, () => {
    const format = EXPORT_FORMATS[name];
    const [file] =
      'text' in format ? [{ name: format.file, text: format.text(measured()) }] : format.files(measured());
    assert.ok(file);
    assertGolden(`exports/${file.name}`, file.text);
  });
}

test('junit of a comparison is what its golden file says', () =>
  assertGolden('exports/comparison.xml', junitXml(makeRounds())));

test('markdown of a comparison is what its golden file says', () =>
  assertGolden('exports/comparison.md', resultMarkdown(makeRounds())));

test('CSV: rows add up to the counts of the run, and have as many cells as the header', () => {
  const result = measured();
  const rows: Record<string, string>[] = parseCsv(slicesCsv(result), { columns: true });
  assert.equal(rows.length, result.runs.flatMap(({ slices }) => slices).length);
  for (const [index, run] of result.runs.entries()) {
    const own = rows.filter((row) => row.run === String(index + 1));
    const echoed = own.reduce((sum, row) => sum + Number(row.echoed), 0);
    assert.equal(echoed, figuresOf(run).messages.echoed);
  }
  const text = HOSTILE.replace('\ud800', '');
  const strange = withEveryString(result, text);
  const [row]: Record<string, string>[] = parseCsv(slicesCsv(strange), { columns: true });
  assert.equal(row?.variant, `'${text}`);
});

test('CSV: messages due and unsent are empty for older runs, which did not count them', () => {
  const cellsOf = (change: (counters: Record<string, number>) => Record<string, number>) => {
    const result = measured();
    const runs = result.runs.map((run) => ({
      ...run,
      slices: run.slices.map((slice) => ({ ...slice, counters: change(slice.counters) })),
    }));
    const rows: Record<string, string>[] = parseCsv(slicesCsv({ ...result, runs }), { columns: true });
    return new Set(
      rows.filter(({ sent }) => sent !== '0').map(({ due, unsent }) => `${due === ''} ${unsent}`),
    );
  };
  assert.deepEqual(
    cellsOf((counters) => counters),
    new Set(['false 0']),
  );
  assert.deepEqual(
    cellsOf(({ due: _, unsent: __, ...others }) => others),
    new Set(['true ']),
  );
  assert.deepEqual(
    cellsOf((counters) => ({ ...counters, due: 0, unsent: 0 })),
    new Set(['true ']),
  );
});

test('CSV: messages due and unsent are 0 for a run that sent nothing, and empty only if it did not count them', () => {
  const cellsIn = (phase: Phase) => {
    const [run] = measured().runs;
    assert.ok(run);
    const slices = run.slices
      .filter((slice) => slice.phase === phase)
      .map((slice) => ({ ...slice, counters: { ...slice.counters, due: 0 } }));
    const rows: Record<string, string>[] = parseCsv(slicesCsv(makeResult([{ ...run, slices }])), {
      columns: true,
    });
    assert.ok(rows.length > 0);
    return new Set(rows.map(({ due, unsent }) => `${due} ${unsent}`));
  };
  assert.deepEqual(cellsIn('connect'), new Set(['0 0']));
  assert.deepEqual(cellsIn('steady'), new Set([' ']));
});

test('CSV: failures of all kinds are added up, and a gauge that was not recorded is empty', () => {
  const run = makeRun({ seconds: 1, connections: 10, perSecond: 100 });
  const slices = run.slices.map((slice) => ({
    ...slice,
    failures: { 'tcp/refused': 2, 'upgrade/status-502': 3 },
    gauges: { open: 4 },
  }));
  const [row]: Record<string, string>[] = parseCsv(slicesCsv(makeResult([{ ...run, slices }])), {
    columns: true,
  });
  assert.deepEqual([row?.failed, row?.outstanding, row?.open], ['5', '', '4']);
});

test('CSV: a text is quoted if it has a separator, a quote or a line break, and is never a formula', () => {
  const cellOf = (variant: string) => {
    const run = makeRun({ seconds: 1, connections: 10, perSecond: 100, variant });
    const text = slicesCsv(makeResult([run]));
    return text.slice(text.indexOf('\r\n1,') + 4, text.indexOf(',throughput'));
  };
  const plain = ['a b', "a'b", 'a=b', 'a-b'];
  assert.deepEqual(plain.map(cellOf), plain);
  assert.deepEqual(['a,b', 'a\rb', 'a\nb', 'a"b'].map(cellOf), ['"a,b"', '"a\rb"', '"a\nb"', '"a""b"']);
  const early = makeRun({ seconds: 1, connections: 10, perSecond: 100 });
  const slices = early.slices.slice(0, 1).map((slice) => ({ ...slice, startUs: -1e6 }));
  assert.match(slicesCsv(makeResult([{ ...early, slices }])), /,-1,/, 'a negative number is no formula');
  const formulas = ['=a', '+a', '-a', '@a', '\ta'];
  assert.deepEqual(
    formulas.map(cellOf),
    formulas.map((text) => `'${text}`),
  );
  assert.equal(cellOf('\ra'), '"\'\ra"');
});

test('JUnit: a suite for each run, its thresholds where they are checked, and what was missed fails', async () => {
  const report = await parseJunit(junitXml(measured()));
  assert.ok(report && 'testsuite' in report);
  assert.deepEqual(
    report.testsuite?.map(({ name, tests, failures, errors }) => [name, tests, failures, errors]),
    [
      ['direct, throughput', 3, 1, 0],
      ['plain, throughput', 3, 0, 1],
      ['direct, latency', 3, 0, 0],
      ['plain, latency', 3, 0, 0],
    ],
  );
  assert.deepEqual([report.tests, report.failures, report.errors], [12, 1, 1]);
  const [throughput, failed, latency] = report.testsuite ?? [];
  assert.deepEqual(
    throughput?.testcase?.map(({ name, failure }) => [name, failure?.[0]?.message]),
    [
      ['completes', undefined],
      ['loses nothing', undefined],
      ['messages.perSecond>1M', 'messages.perSecond>1M: missed, it is 27000.'],
    ],
  );
  assert.equal(failed?.testcase?.[0]?.error?.[0]?.message, 'failed: Nginx died & left "nothing".');
  assert.equal(latency?.testcase?.at(-1)?.name, 'response.p99<50ms');
});

test('JUnit: failed ordinary requests are a failure', async () => {
  const result = measured();
  for (const run of result.runs) if (run.http !== null) run.http = { ...run.http, errors: 7 };
  assert.match(junitXml(result), /messages lost: 0, ordinary requests failed: 7/);
});

test('JUnit: connections, messages and requests that failed are added up', () => {
  const run = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
  const messageOf = (failed: number, lost: number, errors: number) => {
    const [worker] = run.workers;
    assert.ok(worker && run.http);
    const changed = { ...run, http: { ...run.http, errors }, workers: [{ ...worker, failed, lost }] };
    return /<failure message="(.*?)"/.exec(junitXml(makeResult([changed])))?.[1];
  };
  const told = (failed: number, lost: number, requests: number) =>
    `connections failed: ${failed}, messages lost: ${lost}, ordinary requests failed: ${requests}`;
  for (const [failed, lost, requests] of [
    [1, 1, 0],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 2],
  ] as const)
    assert.equal(messageOf(failed, lost, requests), told(failed, lost, requests));
  assert.equal(messageOf(0, 0, 0), undefined);
});

test('JUnit: --strict requires valid runs; in a comparison, a figure that got worse fails', async () => {
  const result = makeResult();
  const [run] = result.runs;
  assert.ok(run);
  const suspect = { ...run.validity, verdict: 'suspect' as const, reasons: [stored('It was late.')] };
  const strict = { ...result, plan: { ...result.plan, strict: true }, runs: [{ ...run, validity: suspect }] };
  assert.match(junitXml(strict), /name="is valid"><failure message="suspect: It was late."\/>/);
  const report = await parseJunit(junitXml(makeRounds()));
  assert.ok(report && 'testsuite' in report);
  const [suite] = report.testsuite ?? [];
  assert.deepEqual([suite?.tests, suite?.failures, suite?.skipped], [4, 2, 1]);
});

test('JUnit: hostile names stay text, and characters that XML does not allow are replaced', async () => {
  const report = await parseJunit(junitXml(hostile(measured())));
  assert.ok(report && 'testsuite' in report);
  const shown = HOSTILE.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd');
  assert.equal(report.testsuite?.[0]?.name, `${shown}, throughput`);
});

test('OpenMetrics: families of samples with the figures of each run in base units, ended by EOF', () => {
  const result = measured();
  const text = openMetrics(result);
  assert.ok(text.endsWith('\n# EOF\n'));
  const families = parseMetrics(text);
  assert.equal(new Set(families.map(({ name }) => name)).size, families.length);
  const samplesOf = (name: string) =>
    families.find((family) => family.name === `nginx_ws_bench_${name}`)?.metrics ?? [];
  const perSecond = result.runs.map((run) => figuresOf(run).messages.perSecond);
  assert.deepEqual(
    samplesOf('messages_per_second').map(({ value }) => Number(value)),
    perSecond,
  );
  const response = samplesOf('time_seconds').find(
    ({ labels }) => labels?.run === '3' && labels.time === 'response' && labels.figure === 'p99',
  );
  const p99 = figuresOf(result.runs[2] ?? assert.fail()).latencies.response?.p99 ?? 0;
  assert.equal(Number(response?.value), p99 / 1e6);
  for (const line of text.split('\n').filter((each) => each.startsWith('# UNIT'))) {
    const [, , name = '', unit = '?'] = line.split(' ');
    assert.ok(name.endsWith(`_${unit}`), line);
  }
});

test('OpenMetrics: effects of a comparison; hostile names stay within their label', () => {
  const effects = parseMetrics(openMetrics(makeRounds())).find(({ name }) => name.endsWith('effect_ratio'));
  assert.equal(effects?.metrics.length, 9);
  const [first] = parseMetrics(openMetrics(hostile(measured()))).filter(({ name }) =>
    name.endsWith('_valid'),
  );
  assert.equal(first?.metrics[0]?.labels?.variant, HOSTILE);
});

test('Markdown: a Markdown parser reads a list of answers and one table with every variant', () => {
  const tokens = lexer(resultMarkdown(measured()));
  const tables = tokens.filter(({ type }) => type === 'table');
  const [table] = tables;
  assert.ok(tables.length === 1 && table?.type === 'table');
  assert.deepEqual(
    table.rows.map((row: { text: string }[]) => row[0]?.text),
    ['direct', 'plain'],
  );
  assert.ok(tokens.some(({ type }) => type === 'list'));
});

test('Markdown: a comparison has a table for each variant, and no markup from outside', () => {
  const variant = '<img src=x>|`*[a](b)';
  const text = resultMarkdown({ ...makeRounds(), conclusions: [makeComparison('plain', variant)] });
  const tokens = lexer(text);
  const table = tokens.find(({ type }) => type === 'table');
  assert.ok(table?.type === 'table');
  assert.equal(table.rows.length, 4);
  assert.ok(table.rows.every((row: unknown[]) => row.length === 8));
  const kinds = new Set<string>();
  const visit = (all: readonly { type: string; tokens?: readonly { type: string }[] }[]): void => {
    for (const token of all) {
      kinds.add(token.type);
      visit(token.tokens ?? []);
    }
  };
  visit(table.header);
  visit(tokens.filter(({ type }) => type === 'heading'));
  for (const kind of ['link', 'image', 'codespan', 'html', 'em', 'strong']) assert.ok(!kinds.has(kind), kind);
});
