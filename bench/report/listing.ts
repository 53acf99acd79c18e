import { metricNamed } from '../metrics/metrics.ts';
import type { ResultIndex, RunSummary } from '../model/result.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { formatFigure } from '../wording/format.ts';
import { counted, tally } from '../wording/words.ts';
import { table, tagsMarkup } from './elements.ts';
import { headlineOf } from './kinds/kinds.ts';
import { type Content, html, type Markup } from './markup.ts';
import { pageOf } from './page.ts';

export const LISTING_TITLE = 'Reports of nginx-ws-bench';

/**
 * A folder in reports/, with either the index of its result or a sentence that explains why the result cannot be
 * read.
 */
export interface ListingEntry {
  folder: string;
  index: ResultIndex | null;
  problem: string;
  hasReport: boolean;
}

/** Number of results listed before the collapsed section of older results. */
const RECENT = 20;

/**
 * A page that lists results with their outcomes, newest first. The runs of each result are listed below it in
 * a collapsed section.
 */
export function listingHtml(entries: readonly ListingEntry[]): string {
  const sorted = entries.toSorted(newestFirst);
  const body = html`<header class="wide masthead"><h1>${LISTING_TITLE}</h1><p>Newest first.</p></header>
<main class="wide"><section class="listing">
${sorted.length === 0 ? html`<p>No runs yet.</p>` : table('Results in this folder', COLUMNS, sorted.slice(0, RECENT).map(rowOf))}
${olderMarkup(sorted.slice(RECENT))}
${sorted.filter(({ index }) => index === null).map(({ folder, problem }) => html`<p class="broken">${folder}: ${problem}</p>`)}
</section></main>`;
  return pageOf(LISTING_TITLE, body);
}

function olderMarkup(older: readonly ListingEntry[]): Markup | false {
  const summary = counted(older.length, 'older result');
  return (
    older.length > 0 &&
    html`<details><summary>${summary}</summary>${table('Older results', COLUMNS, older.map(rowOf))}</details>`
  );
}

/** Orders results by start time, newest first. Entries that cannot be read go to the end. */
function newestFirst(a: ListingEntry, b: ListingEntry): number {
  return (
    (b.index?.startedAt ?? '').localeCompare(a.index?.startedAt ?? '') || b.folder.localeCompare(a.folder)
  );
}

const COLUMNS = [{ title: 'Report' }, { title: 'Started', text: true }, { title: 'Outcome', text: true }];

function rowOf(entry: ListingEntry): [Content, ...Content[]] {
  if (entry.index === null) return [link(entry, entry.folder), 'cannot be read', ''];
  const { id, startedAt, plan, runs } = entry.index;
  const outcome =
    runs.length === 0
      ? 'no run finished'
      : html`${verdictsOf(entry.index).map((verdict) => html`<p>${verdict}</p>`)}${runsMarkup(entry.index)}`;
  return [html`${link(entry, id)}${tagsMarkup(plan)}`, shownTime(startedAt), outcome];
}

/** Formats a time, as in `2026-03-01 09:30 UTC`. */
function shownTime(startedAt: string): string {
  return `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Verdicts of a result; if it only has runs, the figures of each variant. */
function verdictsOf(index: ResultIndex): readonly string[] {
  const lines = headlineOf(index)?.lines;
  // Keeps the first sentence, and all sentences that state a verdict on a variant.
  if (lines !== undefined)
    return lines.filter(({ verdict }, at) => at === 0 || verdict !== null).map(({ sentence }) => sentence);
  const variants = [...new Set(index.runs.map(({ variant }) => variant))];
  return variants.map((name) => figuresOf(name, index.runs));
}

/** Describes a variant, as in `tls: 21.1k/s, p50 2.1 ms, p99 5.3 ms`, with only the metrics that were measured. */
function figuresOf(name: string, runs: readonly RunSummary[]): string {
  const parts = runs.filter(({ variant }) => variant === name).flatMap(listedOf);
  return `${name}: ${parts.length === 0 ? 'no figures' : parts.join(', ')}`;
}

/** The metrics that a run's scenario selects for lists of results; metrics without a value are omitted. */
function listedOf({ step, metrics }: RunSummary): string[] {
  const listed = SCENARIOS.flatMap((scenario) => scenario.listed).filter((each) => each.step === step);
  return listed.flatMap(({ name, label }) => {
    const value = metrics[name] ?? null;
    return value === null ? [] : [`${label}${formatFigure(value, metricNamed(name).unit)}`];
  });
}

const RUN_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Validity', text: true },
  { title: 'Metrics', text: true },
];

function runsMarkup({ id, runs }: ResultIndex): Markup {
  const summary = `${counted(runs.length, 'run')}: ${tally(runs.map(stateOf))}`;
  return html`<details><summary>${summary}</summary>${table(`Runs of ${id}`, RUN_COLUMNS, runs.map(cellsOf))}</details>`;
}

function stateOf({ outcome, validity }: RunSummary): string {
  return outcome.state === 'completed' ? validity.verdict : outcome.state;
}

function cellsOf(run: RunSummary): [string, ...string[]] {
  return [run.variant, run.step, stateOf(run), listedOf(run).join(', ')];
}

/** A relative link, so that the folder can be moved or served under any URL. */
function link({ folder, hasReport }: ListingEntry, text: string): Markup {
  return hasReport ? html`<a href="./${encodeURIComponent(folder)}/report.html">${text}</a>` : html`${text}`;
}
