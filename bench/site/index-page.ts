import { metricTitle } from '../metrics/metrics.ts';
import { isBetter, type OverallVerdict } from '../model/comparison.ts';
import { formatDetectable, formatEffect } from '../report/comparison/effect.ts';
import { badge } from '../report/elements.ts';
import { html, type Markup } from '../report/markup.ts';
import { formatFigure, NOTHING } from '../wording/format.ts';
import { capital, counted } from '../wording/words.ts';
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
import { type Headline, headlineOf } from './headline.ts';
import { resultsTable } from './results.ts';
import {
  compareTexts,
  machineText,
  type Published,
  type Series,
  type Trend,
  type TrendMetric,
} from './series.ts';
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
} from './series-text.ts';
import { sparkline } from './sparkline.ts';
import { dateText } from './time.ts';

/** A page to which the index links, other than a series page. */
export interface SitePage {
  /** File name, such as `claims.html`. */
  file: string;
  title: string;
  /** Content below the page heading. */
  body: Markup;
}

/** The contents of the index. */
export interface Contents {
  title: string;
  /** Published results, newest first. */
  published: readonly Published[];
  series: readonly Series[];
  pages: readonly SitePage[];
}

/** Maximum number of changes shown. Any others are shown only on the pages of their series. */
const MOST_CHANGES = 8;

/** Maximum number of findings of each kind shown in full. The table of results lists all of them. */
const MOST_FINDINGS = 50;

/** Sections for findings, one per kind. */
const FINDINGS = [
  { kind: 'comparison', id: 'comparisons', title: 'Comparisons' },
  { kind: 'capacity', id: 'capacities', title: 'Capacities' },
  { kind: 'calibration', id: 'calibrations', title: 'Calibrations' },
] as const;

/** Maximum number of metrics in a row of the index. The series page shows all of them. */
const MOST_FIGURES = 3;

/** Creates the body of index.html. */
export function indexBody(contents: Contents): Markup {
  const { title, published, series, pages } = contents;
  const filter = makeFilter(contents);
  const findings = published.flatMap((each) => {
    const finding = headlineOf(each.index);
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
${each.body}<p class="none" hidden>Nothing here matches the filters.</p>
</section>
`,
)}</main>
<footer class="wide"><p>Made by nginx-ws-bench from the results above. Every figure is in their <code>result.json</code>; the page of each series explains how changes are distinguished from noise.</p></footer>`;
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
  if (newest === undefined || oldest === undefined) return 'No results yet.';
  const runs = published.reduce((sum, { index }) => sum + index.runs.length, 0);
  const machines = new Set(published.map(({ index }) => machineText(index.environment))).size;
  const [from, to] = [dateText(oldest.index.startedAt), dateText(newest.index.startedAt)];
  return `${counted(runs, 'run')} in ${counted(published.length, 'result')} and ${series.length} series, on ${counted(machines, 'machine')}, ${from === to ? from : `${from} to ${to}`}.`;
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
<p>${effectBadge(figure, point)} <strong>${capital(metricTitle(figure))}</strong> of <a href="${seriesFile(each)}">${seriesTitle(each)}</a> <span class="aside">${dateText(point.answer.startedAt)}${machines > 1 && `, ${each.machine}`}</span></p>
<p class="evidence">${changeEvidence(figure, point)} <a href="results/${encodeURIComponent(point.answer.folder)}/report.html">Report<span class="unseen"> of ${point.answer.folder}</span></a></p></li>
`,
  )}</ul>${more > 0 && html`<p class="how">${counted(more, 'earlier change')} on the pages of the series.</p>`}`;
}

function nothingChanged(series: readonly Series[]): string {
  const points = series.flatMap(({ trends }) => trends.flatMap((trend) => trend.points));
  return points.some(({ standing }) => 'band' in standing)
    ? 'No run differs from earlier ones beyond noise.'
    : `Not enough history yet: trends need at least ${FEWEST} comparable results.`;
}

function seriesMarkup(series: readonly Series[], filter: Filter): Markup {
  if (series.length === 0) return html`<p>No usable runs yet.</p>`;
  return html`<p class="how">Runs of the same variant, workload and machine, oldest first. Dots mark runs that differ from earlier ones beyond noise.</p>
<ul class="rows">${series.map(
    (each) => html`<li class="row" data-has="${filter.ofSeries(each)}">
<div class="what"><h3><a href="${seriesFile(each)}">${seriesTitle(each)}</a></h3>
<p>${loadText(each.load)}${each.step === 'latency' && ratesText(each) !== '' && `, ${ratesText(each)}`}</p>
<p>${each.machine} · ${counted(each.answers.length, 'result')}, the last on ${dateText(each.answers.at(-1)?.startedAt ?? '')}</p></div>
${each.trends.slice(0, MOST_FIGURES).map(tile)}</li>
`,
  )}</ul>`;
}

/** Creates a tile that shows a trend's newest value, its state and a sparkline. */
function tile(trend: Trend): Markup {
  const { figure } = trend;
  const newest = newestOf(trend);
  return html`<div class="tile"><div><p class="name">${capital(metricTitle(figure))}</p>
<p class="now">${newest === null ? NOTHING : formatFigure(newest.value, figure.unit)}</p>
<p class="stand">${standMarkup(trend)}</p></div>
${sparkline(trend)}</div>
`;
}

function standMarkup(trend: Trend): Markup | string {
  const standing = newestOf(trend)?.standing;
  const change = newestChange(trend);
  if (standing?.kind === 'change' && standing.lasting === false) return 'not confirmed';
  if (change !== null)
    return html`${effectBadge(trend.figure, change)} on ${dateText(change.answer.startedAt)}`;
  if (standing?.kind === 'same')
    return `no change, noise ${formatDetectable(standing.band.high / standing.band.centre)}`;
  const counts = trend.points.filter(({ value }) => value !== null).length;
  return `${counted(counts, 'result')} so far`;
}

function effectBadge(figure: TrendMetric, { standing: { ratio } }: ChangedPoint): Markup {
  const kind = directionOf(figure, ratio) === 'better' ? 'good' : 'bad';
  return badge(kind, `${formatEffect(ratio)} ${changeWord(figure, ratio)}`);
}

function findingsMarkup(
  findings: readonly { published: Published; finding: Headline }[],
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
  const good = isBetter(verdict);
  if (good === null) return badge(verdict === 'mixed' ? 'warn' : 'neutral', verdict);
  return badge(good ? 'good' : 'bad', verdict);
}

export function seriesFile({ slug }: Series): string {
  return `series/${encodeURIComponent(slug)}.html`;
}
