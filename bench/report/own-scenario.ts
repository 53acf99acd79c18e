import { findMetric, metricTitle } from '../metrics/metrics.ts';
import type { Declaration } from '../model/declaration.ts';
import { printable } from '../model/printable.ts';
import { counted } from '../model/recording.ts';
import type { ListedName } from '../scenarios/definition.ts';
import { formatCount, formatFigure, NOTHING } from '../wording/format.ts';
import { counted as amount, capital, listed } from '../wording/words.ts';
import { answerCard } from './cards.ts';
import { chartFigure } from './chart-figure.ts';
import { table } from './elements.ts';
import { html } from './markup.ts';
import type { LineSpec } from './page/spec.ts';
import type { Cells, ScenarioReport } from './scenario.ts';
import { course } from './section/course.ts';
import { handshakes } from './section/handshakes.ts';
import { ofSlices } from './section/time-charts.ts';
import { timesTable } from './section/times.ts';
import { doubtSentence, limitSentence, lossSentence, outcomeSentence, verdictOf } from './verdict.ts';
import type { FoldedSection, RunView, Section, VariantView, View } from './view.ts';

/** Sections that a scenario file adds to the reports of its results. */
export type OwnSections = readonly ((view: View) => Section)[];

/**
 * Returns how results of a user's scenario are reported. This follows from the scenario's declaration, which is
 * stored with each result. The scenario's file is only needed for the sections that it adds.
 *
 * @param sections the sections that the file adds; null if the file was not read
 */
export function ownReport(declared: Declaration, sections: OwnSections | null): ScenarioReport {
  const sends = declared.steps.some(({ load }) => load !== null);
  const headings = declared.listed.map((each) => headingOf(each, declared));
  return {
    answer: (variant) => answer(variant, declared),
    cells: (variant) => cells(variant, declared),
    words: ['variant', 'validity'],
    optional: [],
    lines: [
      { before: '', headings },
      { before: '', headings: ['failed', 'validity'] },
    ],
    legend: () => [],
    remarks: () => [declared.question, ...absentSections(declared, sections)],
    open: [
      (view) => answers(view, declared, absentSections(declared, sections)),
      ...(sections ?? []).map(guarded),
      ...(declared.metrics.length + declared.recorded.histograms.length > 0
        ? [(view: View) => figures(view, declared)]
        : []),
      ...(declared.recorded.counters.length > 0 ? [(view: View) => counters(view, declared)] : []),
    ],
    folded: [...(sends ? [course] : []), counts, handshakes],
    ofRounds: [],
  };
}

/** Reports how many sections are missing because the scenario's file, which defines them, was not read. */
function absentSections({ sections: count }: Declaration, sections: OwnSections | null): string[] {
  if (count === 0 || sections !== null) return [];
  return [
    `This report lacks ${amount(count, 'section')} that the scenario file adds, because it was made from the stored result without the file.`,
  ];
}

/**
 * Wraps a section of a scenario file. If the section's code throws, the error is shown in its place, and the
 * rest of the report is not affected.
 */
function guarded(section: OwnSections[number], index: number): OwnSections[number] {
  return (view) => {
    try {
      return section(view);
    } catch (error) {
      const title = `Section ${index + 1} of the scenario file`;
      const body = html`<p>This section could not be made: ${error instanceof Error ? error.message : String(error)}.</p>`;
      return { id: `own-${index + 1}`, title, charts: [], body };
    }
  };
}

function headingOf({ name, step }: ListedName, { steps }: Declaration): string {
  return steps.length === 1 ? name : `${name}, ${step}`;
}

/** Formats a metric of a run, as in `1.2 ms`; a dash if it has no value. */
function valueText(view: RunView | undefined, name: string): string {
  const metric = findMetric(name);
  if (view === undefined || metric === undefined) return NOTHING;
  return formatFigure(metric.read(view.figures, view.run.plan), metric.unit);
}

/** Summarises a variant, as in `plain: response time p50 0.4 ms, and response time p99 2 ms.` */
function answer(variant: VariantView, { listed: names, steps }: Declaration): string {
  const known = names.flatMap(({ name, step }) => {
    const metric = findMetric(name);
    const value = valueText(variant.answers[step], name);
    if (metric === undefined || value === NOTHING) return [];
    // The step is not named if the scenario has only one.
    return [`${steps.length === 1 ? metric.title : metricTitle({ name, step })} ${value}`];
  });
  return known.length === 0
    ? `Nothing was measured for ${variant.name}.`
    : `${variant.name}: ${listed(known)}.`;
}

function cells({ name, answers }: VariantView, declared: Declaration): Cells {
  const runs = Object.values(answers);
  const failed = runs.reduce((sum, { figures }) => sum + figures.connections.failed, 0);
  const all: Cells = [
    ['variant', name],
    ...declared.listed.map(
      (each) => [headingOf(each, declared), valueText(answers[each.step], each.name)] as const,
    ),
    ['failed', formatCount(failed)],
    ['validity', [...new Set(runs.map(verdictOf))].join(', ')],
  ];
  return all.map(([heading, cell]) => [heading, printable(cell)]);
}

function answers({ variants, runs }: View, declared: Declaration, absent: readonly string[]): Section {
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<p>${declared.question}</p>
<div class="cards${variants.length === 1 && ' one'}">${variants.map((variant) => answerCard(variant, answer(variant, declared), CARD))}</div>
${runs.length === 0 && html`<p>This result contains no run, because the bench was interrupted before the first run finished.</p>`}
${absent.length > 0 && html`<p class="how">${absent.join(' ')}</p>`}`,
  };
}

const CARD = {
  namesSteps: true,
  remarksOf: (run: RunView) => [
    outcomeSentence(run),
    doubtSentence(run),
    limitSentence(run),
    lossSentence(run),
  ],
};

function runsOf({ variants }: View): RunView[] {
  return variants.flatMap((variant) => Object.values(variant.answers));
}

/** The scenario's own metrics and times, for each run. */
function figures(view: View, { metrics, recorded }: Declaration): Section {
  const runs = runsOf(view);
  const columns = [{ title: 'Run' }, ...metrics.map(({ title }) => ({ title: capital(title) }))];
  const rows = runs.map((run) => [run.label, ...metrics.map(({ name }) => valueText(run, name))]);
  return {
    id: 'figures',
    title: 'Figures of the scenario',
    charts: [],
    body: html`${metrics.length > 0 && table('Metrics of the scenario', columns, rows)}
${
  recorded.histograms.length > 0 &&
  timesTable('Times that the scenario records', 'Time', runs, ({ figures: { latencies } }) =>
    recorded.histograms.map((name) => [name, latencies[name] ?? null]),
  )
}`,
  };
}

/** Charts of the scenario's own counters over time. */
function counters(view: View, { recorded }: Declaration): Section {
  const runs = runsOf(view);
  const charts =
    runs.length === 0 ? [] : recorded.counters.map((name) => ({ name, spec: counterChart(name, runs) }));
  return {
    id: 'counters',
    title: 'Counters over time',
    charts: charts.map(({ spec }) => spec),
    body: html`${charts.map(({ name, spec }) => {
      const finding = runs
        .map(
          ({ label, figures: { counts } }) =>
            `${label}: a total of ${formatCount(counted(counts, name))} in the whole run.`,
        )
        .join(' ');
      return chartFigure(spec, `${name} per second`, finding, null);
    })}`,
  };
}

function counterChart(name: string, runs: readonly RunView[]): LineSpec {
  const axis = { title: `${name} per second`, unit: 'rate', min: 0 } as const;
  return ofSlices(
    `chart-counter-${name}`,
    runs,
    axis,
    ({ counters, startUs, endUs }) => (counted(counters, name) * 1e6) / (endUs - startUs),
  );
}

/** Table of all counters and gauges that the scenario's equations may refer to, for each run. */
function counts(view: View): FoldedSection {
  const runs = runsOf(view);
  const wrong = runs.filter(({ figures }) => !figures.conservation.ok).map(({ label }) => label);
  const names = [...new Set(runs.flatMap(({ figures }) => Object.keys(figures.counts)))];
  const columns = [{ title: 'Counter' }, ...runs.map(({ label }) => ({ title: label }))];
  return {
    id: 'counts',
    title: 'Counts',
    finding:
      wrong.length === 0
        ? 'The counts of every run add up.'
        : `The counts of ${listed(wrong)} do not add up, so something was counted twice or missed.`,
    charts: [],
    body: table(
      'Counters and final gauge values of the whole run',
      columns,
      names.map((name) => [name, ...runs.map(({ figures }) => formatCount(figures.counts[name]))]),
    ),
  };
}
