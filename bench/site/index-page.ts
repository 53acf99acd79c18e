import type { OverallVerdict } from '../model/comparison.ts';
import { figureTitle, formatDetectable, formatEffect, formatFigure } from '../report/comparison/words.ts';
import { mark } from '../report/mark.ts';
import { html, type Markup } from '../report/markup.ts';
import { formatCount, NOTHING } from '../report/page/format.ts';
import { capital } from '../report/words.ts';
import type { FigureKind } from '../strategy/figures.ts';
import { FEWEST } from './changes.ts';
import {
  type Choices,
  choicesOf,
  filterForm,
  type Traits,
  tokensOf,
  traitsOfResult,
  traitsOfSeries,
} from './facets.ts';
import { type Finding, findingOf } from './finding.ts';
import { resultsTable } from './results.ts';
import { compareTexts, machineText, type Published, type Series, type Trend } from './series.ts';
import { sparkline } from './sparkline.ts';
import { dateText } from './time.ts';
import {
  type ChangedPoint,
  changeEvidence,
  changeWord,
  directionOf,
  isChanged,
  loadText,
  newestChange,
  newestOf,
  ratesText,
  seriesTitle,
} from './words.ts';

/** A page of the site, other than those of the series, to which the index links. */
export interface SitePage {
  /** Its file name, such as `claims.html`. */
  file: string;
  title: string;
  /** The content below its heading. */
  body: Markup;
}

/** The contents of the index. */
export interface Contents {
  title: string;
  /** Newest first. */
  published: readonly Published[];
  series: readonly Series[];
  pages: readonly SitePage[];
}

/** Further changes are only on the pages of the series. */
const MOST_CHANGES = 8;

/** Number of findings per kind that are shown in full; the table of results has all. */
const MOST_FINDINGS = 50;

/** The sections for findings, one per kind. */
const FINDINGS = [
  { kind: 'comparison', id: 'comparisons', title: 'Comparisons' },
  { kind: 'capacity', id: 'capacities', title: 'Capacities' },
  { kind: 'calibration', id: 'calibrations', title: 'Calibrations' },
] as const;

/** Figures in a row of the index; the page of the series has all. */
const MOST_FIGURES = 3;

/** The body of index.html. */
export function indexBody(contents: Contents): Markup {
  const { title, published, series, pages } = contents;
  const filter = makeFilter(contents);
  const findings = published.flatMap((each) => {
    const finding = findingOf(each.index);
    return finding === null ? [] : [{ published: each, finding }];
  });
  const sections = [
    { id: 'changes', title: 'What changed', body: changesMarkup(series, filter) },
    { id: 'series', title: 'Trends', body: seriesMarkup(series, filter) },
    ...FINDINGS.flatMap(({ kind, id, title }) => {
      const some = findings.filter(({ finding }) => finding.kind === kind).slice(0, MOST_FINDINGS);
      return some.length === 0 ? [] : [{ id, title, body: findingsMarkup(some, filter) }];
    }),
    { id: 'results', title: 'Results', body: resultsTable(published, filter.ofResult) },
  ];
  return html`<header class="wide masthead">
<h1>${title}</h1>
<p class="load">${summarySentence(contents)}</p>
<p><a href="feed.xml">Atom feed</a>${pages.map((page) => html` · <a href="${page.file}">${page.title}</a>`)}</p>
</header>
<nav class="contents" aria-label="Contents"><div class="wide"><ul>${sections.map((each) => html`<li><a href="#${each.id}">${each.title}</a></li>`)}</ul></div></nav>
<main class="wide">
${filter.form}
${sections.map(
  (each) => html`<section id="${each.id}" aria-labelledby="${each.id}-title">
<h2 id="${each.id}-title">${each.title}</h2>
${each.body}<p class="none" hidden>Nothing here has what the filters ask for.</p>
</section>
`,
)}</main>
<footer class="wide"><p>Made by nginx-ws-bench from the results below. Every figure is in their <code>result.json</code>; how a change is told from noise stands on the page of each series.</p></footer>`;
}

interface Filter {
  form: Markup | false;
  ofSeries(series: Series): string;
  ofResult(published: Published): string;
}

function makeFilter({ published, series }: Contents): Filter {
  const indexes = new Map(published.map(({ folder, index }) => [folder, index]));
  const ofSeries = new Map<Series, Traits>(series.map((each) => [each, traitsOfSeries(each, indexes)]));
  const ofResults = new Map<Published, Traits>(published.map((each) => [each, traitsOfResult(each)]));
  const choices: Choices = choicesOf([...ofResults.values()]);
  const tokens = (traits: Traits | undefined) => (traits === undefined ? '' : tokensOf(traits, choices));
  return {
    form: choices.length > 0 && filterForm(choices),
    ofSeries: (each) => tokens(ofSeries.get(each)),
    ofResult: (each) => tokens(ofResults.get(each)),
  };
}

function summarySentence({ published, series }: Contents): string {
  const [newest] = published;
  const oldest = published.at(-1);
  if (newest === undefined || oldest === undefined) return 'No result yet.';
  const runs = published.reduce((sum, { index }) => sum + index.runs.length, 0);
  const machines = new Set(published.map(({ index }) => machineText(index.environment))).size;
  const [from, to] = [dateText(oldest.index.startedAt), dateText(newest.index.startedAt)];
  return `${counted(runs, 'run')} in ${counted(published.length, 'result')} and ${series.length} series, on ${counted(machines, 'machine')}, ${from === to ? from : `${from} to ${to}`}.`;
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function changesMarkup(series: readonly Series[], filter: Filter): Markup {
  const changes = series
    .flatMap((each) =>
      each.trends.flatMap((trend) => trend.points.filter(isChanged).map((point) => ({ each, trend, point }))),
    )
    .sort((a, b) => compareTexts(b.point.answer.startedAt, a.point.answer.startedAt));
  if (changes.length === 0) return html`<p>${nothingChanged(series)}</p>`;
  const more = changes.length - MOST_CHANGES;
  const machines = new Set(series.map(({ machine }) => machine)).size;
  return html`<ul class="changes">${changes.slice(0, MOST_CHANGES).map(
    ({
      each,
      trend: { figure },
      point,
    }) => html`<li class="${directionOf(figure, point.standing.ratio)}" data-has="${filter.ofSeries(each)}">
<p>${effectBadge(figure, point)} <strong>${capital(figureTitle(figure))}</strong> of <a href="${seriesFile(each)}">${seriesTitle(each)}</a> <span class="aside">${dateText(point.answer.startedAt)}${machines > 1 && `, ${each.machine}`}</span></p>
<p class="evidence">${changeEvidence(figure, point)} <a href="results/${encodeURIComponent(point.answer.folder)}/report.html">Report<span class="unseen"> of ${point.answer.folder}</span></a></p></li>
`,
  )}</ul>${more > 0 && html`<p class="how">And ${counted(more, 'earlier change')}, on the pages of the series.</p>`}`;
}

function nothingChanged(series: readonly Series[]): string {
  const points = series.flatMap(({ trends }) => trends.flatMap((trend) => trend.points));
  return points.some(({ standing }) => 'band' in standing)
    ? 'No run differs from those before it beyond the noise.'
    : `Nothing can be told yet: it takes ${FEWEST} comparable results before one is set beside them.`;
}

function seriesMarkup(series: readonly Series[], filter: Filter): Markup {
  if (series.length === 0) return html`<p>No run that counts yet.</p>`;
  return html`<p class="how">Runs of the same variant, workload and machine, from the oldest to the newest. A mark is a run that differs from those before it beyond their noise.</p>
<ul class="rows">${series.map(
    (each) => html`<li class="row" data-has="${filter.ofSeries(each)}">
<div class="what"><h3><a href="${seriesFile(each)}">${seriesTitle(each)}</a></h3>
<p>${loadText(each.load)}${each.step === 'latency' && ratesText(each) !== '' && `, ${ratesText(each)}`}</p>
<p>${each.machine} · ${counted(each.answers.length, 'result')}, the last on ${dateText(each.answers.at(-1)?.startedAt ?? '')}</p></div>
${each.trends.slice(0, MOST_FIGURES).map(tile)}</li>
`,
  )}</ul>`;
}

/** The newest figure of a trend, its state, and its course. */
function tile(trend: Trend): Markup {
  const { figure } = trend;
  const newest = newestOf(trend);
  return html`<div class="tile"><div><p class="name">${capital(figureTitle(figure))}</p>
<p class="now">${newest === null ? NOTHING : formatFigure(newest.value, figure)}</p>
<p class="stand">${standMarkup(trend)}</p></div>
${sparkline(trend)}</div>
`;
}

function standMarkup(trend: Trend): Markup | string {
  const standing = newestOf(trend)?.standing;
  const change = newestChange(trend);
  if (standing?.kind === 'change' && standing.lasting === false) return 'stands alone';
  if (change !== null)
    return html`${effectBadge(trend.figure, change)} on ${dateText(change.answer.startedAt)}`;
  if (standing?.kind === 'same')
    return `no change, noise ${formatDetectable(standing.band.high / standing.band.centre)}`;
  const counts = trend.points.filter(({ value }) => value !== null).length;
  return `${counted(counts, 'result')} so far`;
}

function effectBadge(figure: FigureKind, { standing: { ratio } }: ChangedPoint): Markup {
  const kind = directionOf(figure, ratio) === 'better' ? 'good' : 'bad';
  return html`<span class="badge ${kind}">${formatEffect(ratio)} ${changeWord(figure, ratio)}</span>`;
}

function findingsMarkup(
  findings: readonly { published: Published; finding: Finding }[],
  filter: Filter,
): Markup {
  return html`<ul class="changes">${findings.map(({ published, finding: { title, lines } }) => {
    const { folder, index } = published;
    return html`<li data-has="${filter.ofResult(published)}"><p><a href="results/${encodeURIComponent(folder)}/report.html">${title}</a> <span class="aside">${dateText(index.startedAt)}</span></p>
${lines.map(
  ({ verdict, sentence }) => html`<p>${verdict !== null && html`${verdictBadge(verdict)} `}${sentence}</p>
`,
)}${index.plan.note !== null && html`<p class="beside">${index.plan.note}</p>`}</li>
`;
  })}</ul>`;
}

function verdictBadge(verdict: OverallVerdict): Markup {
  const good = verdict === 'faster' || verdict === 'cheaper';
  const bad = verdict === 'slower' || verdict === 'dearer';
  const kind = good ? 'good' : bad ? 'bad' : verdict === 'mixed' ? 'warn' : 'neutral';
  return html`<span class="badge ${kind}">${mark(good ? 'yes' : bad ? 'no' : 'note')} ${verdict}</span>`;
}

export function seriesFile({ slug }: Series): string {
  return `series/${encodeURIComponent(slug)}.html`;
}
