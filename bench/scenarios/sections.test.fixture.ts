import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { makeResult } from '../../test/result.ts';
import { makeScenarioRun } from '../../test/scenario-run.ts';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import type { ScenarioOptions } from '../model/load.ts';
import { PROXY } from '../model/proxy.ts';
import type { Result } from '../model/result.ts';
import type { Run, Slice } from '../model/run.ts';
import type { ChartSpec } from '../report/page/spec.ts';
import { tableOf } from '../report/page-text.test.fixture.ts';
import { scenarioReport } from '../report/scenario.ts';
import { type FoldedSection, type Section, viewOf } from '../report/view.ts';
import { scenarioNamed } from './registry.ts';

/** What a run of a scenario has in a certain case. Everything else is as in `makeScenarioRun`. */
export interface Case {
  /** Default: the first step. */
  step?: string;
  profile?: string;
  options?: ScenarioOptions;
  /** Final counters and gauges. */
  counts?: Record<string, number>;
  /** Samples of histograms, as pairs of a time in µs and how often it was measured. */
  times?: Record<string, readonly (readonly [us: number, count: number])[]>;
  /** Failures in the last second of the steady phase. */
  failures?: Record<string, number>;
  change?(run: Run): Run;
}

const SECOND_US = 1_000_000;

/** When the steady phase of a run begins, plus this many seconds. */
export function steadyUs(run: Run, seconds = 0): number {
  const steady = run.phases.find(({ phase }) => phase === 'steady') ?? assert.fail();
  return steady.startUs + seconds * SECOND_US;
}

export function encoded(samples: readonly (readonly [us: number, count: number])[]): string {
  const histogram = emptyHistogram();
  for (const [us, count] of samples) histogram.recordValueWithCount(us, count);
  return encode(histogram);
}

/** The run as an older version would have recorded it, without the counters and gauges of its scenario. */
export function uncounted(run: Run): Run {
  return {
    ...run,
    workers: run.workers.map(({ worker, asked, opened, failed }) => ({ worker, asked, opened, failed })),
    slices: run.slices.map(
      ({ counters: { opened = 0 }, gauges: { open }, ...slice }): Slice => ({
        ...slice,
        counters: { opened },
        gauges: { open },
      }),
    ),
  };
}

/** A run of a scenario in this case, as the variant of this name. */
function makeCase(scenario: string, variant: string, given: Case): Run {
  const definition = scenarioNamed(scenario);
  const { counts = {}, times = {}, failures, options, profile = 'plain', change = (run) => run } = given;
  const step = definition.steps.find(({ name }) => name === given.step) ?? definition.steps[0];
  const run = makeScenarioRun(definition, step ?? assert.fail(), profile, options);
  const first = run.slices.findIndex(({ phase }) => phase === 'steady');
  const last = run.slices.findLastIndex(({ phase }) => phase === 'steady');
  const slices = run.slices.map((slice, index): Slice => {
    const others = Object.entries(slice.histograms).filter(([name]) => times[name] === undefined);
    const own = Object.entries(times).filter(([, samples]) => index === first && samples.length > 0);
    const histograms = [...others, ...own.map(([name, samples]) => [name, encoded(samples)])];
    return {
      ...slice,
      failures: failures === undefined ? slice.failures : index === last ? failures : {},
      histograms: Object.fromEntries(histograms),
    };
  });
  const [worker] = run.workers;
  const workers = [{ ...(worker ?? assert.fail()), ...counts }];
  return change({ ...run, plan: { ...run.plan, variant }, slices, workers });
}

/** A result with one variant for each case, and one variant that was not run. */
function resultOfCases(scenario: string, cases: Record<string, Case | Case[]>): Result {
  const runs = Object.entries(cases).flatMap(([name, given]) =>
    [given].flat().map((each) => makeCase(scenario, name, each)),
  );
  const result = makeResult(runs);
  const absent = { name: 'unrun', title: 'Not run', profile: 'plain', proxy: null };
  const steps = scenarioNamed(scenario).steps.map(({ name }) => name);
  return {
    ...result,
    variants: [...result.variants, absent],
    plan: { ...result.plan, scenario, steps },
  };
}

/** Words that determine which of several sentences this is, apart from its figures. */
const TELLING =
  /\d[\d.,]*(?:\.\d+)? ?(?:µs|ms|s|B|KiB|MiB|%)?(?!\w)|\b(?:about|no|none|never|not|all|only|half|last|once|each|idle|silent|was|were|killed|hung|an? (?:reload|upgrade)|upgraded?|reload(?:ed|s)?|throughout|again|unevenly|few|first|without|during|older?|worker|workers|server|servers|client|clients|kernel|proxy|connection|WebSockets?|the echo(?! server))\b|≥/g;

/** The figures of a sentence and its telling words, in order. It does not change with the rest of the wording. */
function factsOf(text: string): string {
  const told = text
    .replaceAll(PROXY, 'proxy')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .match(TELLING);
  return (told ?? []).map((word) => word.trim()).join(' ');
}

function chartText({ id, ...spec }: ChartSpec): string {
  const { series, ...rest } = spec;
  const texts = new Set(['title']);
  const axes = JSON.stringify(rest, (key, value) => (texts.has(key) ? undefined : value));
  const lines = series.map((each) => {
    if ('values' in each) return `  ${JSON.stringify(each)}`;
    const { points, ...style } = each;
    return `  ${JSON.stringify(style)} ${points.map(({ x, y }) => `${x}:${y}`).join(' ')}`;
  });
  return [`chart ${id} ${axes}`, ...lines].join('\n');
}

/** A section without its sentences: identifiers, charts, tables, and the facts of each text. */
function sectionLines(section: Section | FoldedSection): string[] {
  const page = section.body?.markup ?? '';
  const captions = [...page.matchAll(/<caption>(.*?)<\/caption>/g)].map(([, caption = '']) => caption);
  const cards = /class="(cards[^"]*)"/.exec(page)?.[1];
  const badges = [...page.matchAll(/<p class="badges">(.*?)<\/p>/gs)].map(
    ([, text = '']) =>
      `badges ${text
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()}`,
  );
  const items = [...page.matchAll(/<li><strong>(.*?)<\/strong>/g)].map(([, name]) => `item ${name}`);
  const texts = [...page.matchAll(/<p( class="[^"]*")?>(.*?)<\/p>/gs)];
  return [
    `section ${section.id}${'finding' in section ? ` ${factsOf(section.finding)}` : ''}`,
    ...section.charts.map(chartText),
    `figures ${page.split('<figure').length - 1}, bars ${[...page.matchAll(/class="fill"[^>]*/g)].join(' ')}`,
    ...(cards === undefined ? [] : [cards]),
    ...badges,
    ...items,
    ...texts.flatMap(([, kind = '', text = '']) =>
      /badges|subtitle|answer/.test(kind) ? [] : `p${kind} ${factsOf(text)}`,
    ),
    ...captions.flatMap((caption) => [
      `table ${[...headOf(page, caption).matchAll(/<th\b[^>]*/g)].map(([cell]) => (cell.includes('text') ? 'text' : 'number')).join(' ')}`,
      ...tableOf(page, caption).map((row) => `  ${row.join(' | ')}`),
    ]),
  ];
}

function headOf(page: string, caption: string): string {
  const text = page.split('<table>').find((each) => each.includes(`<caption>${caption}</caption>`)) ?? '';
  return /<thead>.*?<\/thead>/s.exec(text)?.[0] ?? '';
}

/**
 * What a scenario's own sections, answers and cells say about a result.
 *
 * @param folded ids of the folded sections that belong to the scenario
 */
function reportText(result: Result, folded: readonly string[] = []): string {
  const view = viewOf(result);
  const report = scenarioReport(result);
  const { words, optional, lines, ofRounds } = report;
  const own = report.folded.map((section) => section(view)).filter(({ id }) => folded.includes(id));
  return [
    JSON.stringify({ words, optional, lines: lines.map(({ headings }) => headings), of: ofRounds.length }),
    ...report.legend(view).map(([headings, text]) => `${headings.join(', ')}: ${factsOf(text)}`),
    ...report.remarks(view).map((text) => `remark ${factsOf(text)}`),
    ...view.variants.flatMap((variant) => [
      `answer ${variant.name}: ${factsOf(report.answer(variant))}`,
      `cells ${report
        .cells(variant)
        .map((cell) => cell.join('='))
        .join(', ')}`,
    ]),
    ...report.open.flatMap((section) => sectionLines(section(view))),
    ...own.flatMap(sectionLines),
  ].join('\n');
}

/** Folded sections that belong to a scenario, by id. */
const OWN_FOLDED = ['fairness', 'cost', 'throughput', 'latency'];

/** Compares the reports of a scenario, each of several cases, with golden files. */
export function testReports(
  scenario: string,
  reports: Record<string, Record<string, Case | Case[]>>,
  adapt: (result: Result, name: string) => Result = (result) => result,
): void {
  for (const [name, cases] of Object.entries(reports))
    test(`the report of ${scenario} is what its golden file says: ${name}`, () => {
      const text = reportText(adapt(resultOfCases(scenario, cases), name), OWN_FOLDED);
      assertGolden(`sections/${scenario}-${name}.txt`, `${text}\n`);
    });
}
