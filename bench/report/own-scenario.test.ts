import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { figuresOf } from '../measure/figures.ts';
import { findMetric, metricTitle } from '../metrics/metrics.ts';
import type { Declaration } from '../model/declaration.ts';
import { stored } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { formatCount, formatRate, formatTime } from '../wording/format.ts';
import { listed } from '../wording/words.ts';
import { runBadge } from './elements.ts';
import { type OwnSections, ownReport } from './own-scenario.ts';
import { chartsOf, headsOf, tableOf } from './page-text.test.fixture.ts';
import { addSections, scenarioReport } from './scenario.ts';
import { type VariantView, viewOf } from './view.ts';

const DECLARED: Declaration = {
  name: 'chat',
  title: 'Chat',
  question: 'How long?',
  steps: [
    { name: 'throughput', load: 'closed', server: 'lean' },
    { name: 'latency', load: 'open', server: 'lean' },
  ],
  recorded: { counters: ['echoed'], gauges: [], histograms: ['response'] },
  conservation: [],
  phasesRead: {},
  metrics: [
    { name: 'messages.perSecond', title: 'rate', of: { counter: 'echoed' }, unit: 'rate', better: null },
  ],
  compared: [],
  listed: [
    { name: 'messages.perSecond', step: 'throughput', label: '' },
    { name: 'response.p50', step: 'latency', label: '' },
  ],
  sections: 0,
  usesPayload: false,
};
const ONE_STEP: Declaration = {
  ...DECLARED,
  steps: DECLARED.steps.slice(1),
  listed: DECLARED.listed.slice(1),
};

/** Two variants in both steps; of `plain`, five connections failed and the second run is suspect. */
function made(): Run[] {
  const { runs } = makeBothSteps(2, 1);
  const [, throughput, , latency] = runs;
  assert.ok(throughput?.workers[0] && latency?.workers[0]);
  for (const [worker, failed] of [
    [throughput.workers[0], 2],
    [latency.workers[0], 3],
  ] as const) {
    worker.failed += failed;
    worker.asked += failed;
  }
  latency.validity = { ...latency.validity, verdict: 'suspect', reasons: [stored('It swayed.')] };
  return runs;
}

const RUNS = made();
const VIEW = viewOf({ ...makeBothSteps(2, 1), runs: RUNS });
const PLAIN = VIEW.variants[1] ?? assert.fail();
const NONE = { name: 'none', answers: {} } as unknown as VariantView;
const perSecond = formatRate(figuresOf(RUNS[1] ?? assert.fail()).messages.perSecond);
const p50 = formatTime(figuresOf(RUNS[3] ?? assert.fail()).latencies.response?.p50);

test('a variant has the listed metrics of each step, all failed connections and each verdict once', () => {
  const report = ownReport(DECLARED, null);
  assert.deepEqual(report.cells(PLAIN), [
    ['variant', 'plain'],
    ['messages.perSecond, throughput', perSecond],
    ['response.p50, latency', p50],
    ['failed', '5'],
    ['validity', 'valid, suspect'],
  ]);
  assert.deepEqual(report.cells(VIEW.variants[0] ?? assert.fail()).slice(-2), [
    ['failed', '0'],
    ['validity', 'valid'],
  ]);
  assert.deepEqual(report.cells(NONE), [
    ['variant', 'none'],
    ['messages.perSecond, throughput', '–'],
    ['response.p50, latency', '–'],
    ['failed', '0'],
    ['validity', ''],
  ]);
  assert.deepEqual(report.lines, [
    { before: '', headings: ['messages.perSecond, throughput', 'response.p50, latency'] },
    { before: '', headings: ['failed', 'validity'] },
  ]);
  assert.deepEqual([report.words, report.optional, report.legend(VIEW)], [['variant', 'validity'], [], []]);
});

test('the step of a metric is named if the scenario has several', () => {
  const several = DECLARED.listed.map((each) => metricTitle(each));
  assert.equal(
    ownReport(DECLARED, null).answer(PLAIN),
    `plain: ${listed([`${several[0]} ${perSecond}`, `${several[1]} ${p50}`])}.`,
  );
  const one = ownReport(ONE_STEP, null);
  assert.equal(one.answer(PLAIN), `plain: ${findMetric('response.p50')?.title} ${p50}.`);
  assert.deepEqual(one.cells(PLAIN)[1], ['response.p50', p50]);
  const rate = { name: 'messages.perSecond', step: 'latency', label: '' };
  const value = formatRate(figuresOf(RUNS[3] ?? assert.fail()).messages.perSecond);
  const answerOf = (declared: Declaration) => ownReport({ ...declared, listed: [rate] }, null).answer(PLAIN);
  assert.equal(answerOf(ONE_STEP), `plain: ${findMetric(rate.name)?.title} ${value}.`);
  assert.equal(answerOf(DECLARED), `plain: ${metricTitle(rate)} ${value}.`);
  assert.notEqual(answerOf(ONE_STEP), answerOf(DECLARED));
  assert.equal(one.answer(NONE), 'Nothing was measured for none.');
  const unknown = ownReport({ ...ONE_STEP, listed: [{ name: 'a.b', step: 'latency', label: '' }] }, null);
  assert.deepEqual(unknown.cells(PLAIN)[1], ['a.b', '–']);
});

test('only sections about what the scenario declares are in the report', () => {
  const idsOf = (changes: Partial<Declaration>, sections: OwnSections | null = null) => {
    const report = ownReport({ ...DECLARED, ...changes }, sections);
    return [report.open, report.folded].map((makes) => makes.map((make) => make(VIEW).id));
  };
  const recorded = { counters: [], gauges: [], histograms: [] };
  const folded = ['course', 'counts', 'handshakes'];
  assert.deepEqual(idsOf({}), [['answers', 'figures', 'counters'], folded]);
  assert.deepEqual(idsOf({ recorded }), [['answers', 'figures'], folded]);
  assert.deepEqual(idsOf({ recorded, metrics: [] }), [['answers'], folded]);
  assert.deepEqual(idsOf({ metrics: [] })[0], ['answers', 'figures', 'counters']);
  assert.deepEqual(idsOf({ steps: DECLARED.steps.map((step) => ({ ...step, load: null })) })[1], [
    'counts',
    'handshakes',
  ]);
  const own = { id: 'own', title: '', charts: [], body: { markup: '' } };
  const broken = () => {
    throw new Error('broken');
  };
  const sections = [() => own, broken] as unknown as OwnSections;
  assert.deepEqual(idsOf({ sections: 2 }, sections)[0], ['answers', 'own', 'own-2', 'figures', 'counters']);
  assert.deepEqual(ownReport(DECLARED, sections).open[2]?.(VIEW), {
    id: 'own-2',
    title: 'Section 2 of the scenario file',
    charts: [],
    body: { markup: '<p>This section could not be made: broken.</p>' },
  });
});

test('sections are missing only if there are any and the file was not read', () => {
  const remarks = (count: number, sections: OwnSections | null) =>
    ownReport({ ...DECLARED, sections: count }, sections).remarks(VIEW);
  assert.deepEqual(
    [remarks(0, null), remarks(2, []), remarks(0, [])],
    [['How long?'], ['How long?'], ['How long?']],
  );
  const [question, absent, ...others] = remarks(2, null);
  assert.deepEqual([question, others], ['How long?', []]);
  assert.match(absent ?? '', /lacks 2 sections/);
  const bodyOf = (count: number) => ownReport({ ...DECLARED, sections: count }, null).open[0]?.(VIEW).body;
  assert.ok(bodyOf(2)?.markup.includes(`<p class="how">${absent}</p>`));
  assert.doesNotMatch(bodyOf(0)?.markup ?? '', /class="how"|class="cards one"|no run/);
  const empty = { ...VIEW, variants: VIEW.variants.slice(0, 1), runs: [] };
  assert.match(ownReport(DECLARED, null).open[0]?.(empty).body?.markup ?? '', /class="cards one".*no run/s);
});

test('metrics, times and counters of the scenario are those of each run', () => {
  const [, figures, counters] = ownReport(DECLARED, null).open.map((make) => make(VIEW));
  assert.ok(figures && counters);
  const page = figures.body?.markup ?? '';
  const { runs } = VIEW;
  const rates = runs.map(({ run }) => formatRate(figuresOf(run).messages.perSecond));
  assert.deepEqual(
    tableOf(page, 'Metrics of the scenario').map((row) => row.at(-1)),
    rates,
  );
  const echoed = runs.map(
    ({ label, run }) => `${label}: a total of ${formatCount(figuresOf(run).messages.echoed)}`,
  );
  for (const text of echoed) assert.ok(counters.body?.markup.includes(text), text);
  const [chart] = counters.charts;
  assert.ok(chart?.kind === 'line' && counters.charts.length === 1);
  assert.deepEqual(
    [chart.id, chart.y],
    ['chart-counter-echoed', { title: 'echoed per second', unit: 'rate', min: 0 }],
  );
  const [slice] = (RUNS[0]?.slices ?? []).filter(({ phase }) => phase !== 'connect');
  assert.ok(slice);
  assert.equal(
    chart.series[0]?.points[0]?.y,
    ((slice.counters.echoed ?? 0) * 1e6) / (slice.endUs - slice.startUs),
  );
  assert.deepEqual(ownReport(DECLARED, null).open[2]?.({ ...VIEW, variants: [] }).charts, []);
  assert.deepEqual(chartsOf(page), []);
});

test('columns are named after the metrics, and tables and charts after what is recorded', () => {
  const metrics = ['rate', 'other rate'].map((title, at) => ({
    ...{ name: at === 0 ? 'messages.perSecond' : 'response.p50', title },
    ...{ of: { counter: 'echoed' }, unit: 'rate' as const, better: null },
  }));
  const recorded = { counters: ['echoed', 'sent'], gauges: [], histograms: ['response', 'unknown'] };
  const [, figures = assert.fail(), counters = assert.fail()] = ownReport(
    { ...DECLARED, metrics, recorded },
    null,
  ).open.map((make) => make(VIEW));
  assert.deepEqual(headsOf(figures), [
    'Metrics of the scenario: Run →, Rate, Other rate',
    'Times that the scenario records: Variant →, Time →, Count, Min, Mean, p50, p90, p95, p99, p99.9, p99.99, Max',
  ]);
  const page = figures.body?.markup ?? '';
  assert.deepEqual(tableOf(page, 'Metrics of the scenario'), [
    ...VIEW.runs.map(({ label, run }) => [
      label,
      formatRate(figuresOf(run).messages.perSecond),
      formatTime(figuresOf(run).latencies.response?.p50),
    ]),
  ]);
  // A time that a run did not record has no row.
  const rows = tableOf(page, 'Times that the scenario records');
  assert.deepEqual(
    rows.map(([name, kind]) => [name, kind]),
    [
      ['direct', 'response'],
      ['plain', 'response'],
    ],
  );
  assert.deepEqual(
    counters.charts.map(({ id }) => id),
    ['chart-counter-echoed', 'chart-counter-sent'],
  );
  const none = { ...recorded, histograms: [] };
  const [, without] = ownReport({ ...DECLARED, metrics: metrics.slice(0, 1), recorded: none }, null).open;
  assert.deepEqual(headsOf(without?.(VIEW) ?? assert.fail()), ['Metrics of the scenario: Run →, Rate']);
  const [, onlyTimes] = ownReport({ ...DECLARED, metrics: [] }, null).open;
  assert.equal(headsOf(onlyTimes?.(VIEW) ?? assert.fail()).length, 1);
});

test('the course of a run is shown if any step sends messages, and a card names each step', () => {
  const [first = assert.fail(), ...others] = DECLARED.steps;
  const mixed = ownReport({ ...DECLARED, steps: [{ ...first, load: null }, ...others] }, null);
  assert.deepEqual(
    mixed.folded.map((make) => make(VIEW).id),
    ['course', 'counts', 'handshakes'],
  );
  const page = mixed.open[0]?.(VIEW).body.markup ?? '';
  assert.ok(page.includes(runBadge(VIEW.runs[0] ?? assert.fail(), 'throughput').markup));
});

test('counts have a column for each run', () => {
  const counts = ownReport(DECLARED, null).folded[1]?.(VIEW) ?? assert.fail();
  assert.deepEqual(headsOf(counts), [
    `Counters and final gauge values of the whole run: Counter →, ${VIEW.runs.map(({ label }) => label).join(', ')}`,
  ]);
});

test('sections that were added for a scenario are in the reports of its results', () => {
  const declared = { ...DECLARED, name: 'added', sections: 1 };
  const report = () => scenarioReport({ plan: { ...makeResult([]).plan, scenario: 'added', declared } });
  const idsOf = () => report().open.map((make) => make(VIEW).id);
  assert.deepEqual(idsOf(), ['answers', 'figures', 'counters']);
  addSections('added', [() => ({ id: 'own', title: '', charts: [], body: { markup: '' } })]);
  assert.deepEqual(idsOf(), ['answers', 'own', 'figures', 'counters']);
  assert.throws(() => scenarioReport({ plan: { ...makeResult([]).plan, scenario: 'unknown' } }), TypeError);
});

test('counts are listed for each run, and runs whose counts do not add up are named', () => {
  const counts = ownReport(DECLARED, null).folded[1] ?? assert.fail();
  const { finding, body } = counts(VIEW);
  const rows = new Map(
    tableOf(body?.markup ?? '', 'Counters and final gauge values of the whole run').map(
      ([name, ...cells]) => [name, cells],
    ),
  );
  assert.deepEqual(
    [...rows.keys()],
    [...new Set(VIEW.runs.flatMap(({ figures }) => Object.keys(figures.counts)))],
  );
  assert.deepEqual(
    rows.get('echoed'),
    VIEW.runs.map(({ run }) => formatCount(figuresOf(run).messages.echoed)),
  );
  const [run = assert.fail()] = VIEW.runs;
  const wrong = {
    ...run,
    figures: { ...run.figures, conservation: { ...run.figures.conservation, ok: false } },
  };
  const variants = [{ ...PLAIN, answers: { throughput: wrong } }, PLAIN];
  assert.notEqual(counts({ ...VIEW, variants }).finding, finding);
  assert.ok(counts({ ...VIEW, variants }).finding.startsWith(`The counts of ${run.label} do not`));
});
