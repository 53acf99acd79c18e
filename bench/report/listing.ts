import type { ResultIndex, RunSummary } from '../model/result.ts';
import { formatRate, formatTime } from '../wording/format.ts';
import { table, tagsMarkup } from './elements.ts';
import { type Content, html, type Markup } from './markup.ts';
import { pageOf } from './page.ts';

export const LISTING_TITLE = 'Reports of nginx-ws-bench';

/** A folder in reports/: the index of its result, or a sentence on why it cannot be read. */
export interface ListingEntry {
  folder: string;
  index: ResultIndex | null;
  problem: string;
  hasReport: boolean;
}

/** A page with one row for each run of each folder, newest first. */
export function listingHtml(entries: readonly ListingEntry[]): string {
  const columns = [
    { title: 'Report' },
    { title: 'Started', text: true },
    { title: 'Variant', text: true },
    { title: 'Step', text: true },
    { title: 'Validity', text: true },
    { title: 'Messages' },
    { title: 'Response time p50' },
    { title: 'p99' },
  ];
  const sorted = entries.toSorted(newestFirst);
  const body = html`<header class="wide masthead"><h1>${LISTING_TITLE}</h1><p>Newest first.</p></header>
<main class="wide"><section>
${sorted.length === 0 ? html`<p>No runs yet.</p>` : table('Runs in this folder', columns, sorted.flatMap(rowsOf))}
${sorted.filter(({ index }) => index === null).map(({ folder, problem }) => html`<p class="broken">${folder}: ${problem}</p>`)}
</section></main>`;
  return pageOf(LISTING_TITLE, body);
}

/** By start time. Entries that cannot be read go to the end. */
function newestFirst(a: ListingEntry, b: ListingEntry): number {
  return (
    (b.index?.startedAt ?? '').localeCompare(a.index?.startedAt ?? '') || b.folder.localeCompare(a.folder)
  );
}

function rowsOf(entry: ListingEntry): Content[][] {
  if (entry.index === null) return [[link(entry, entry.folder), 'cannot be read', '', '', '', '', '', '']];
  const { id, startedAt, runs, plan } = entry.index;
  const heading = html`${link(entry, id)}${tagsMarkup(plan)}`;
  if (runs.length === 0) return [[heading, startedAt, 'no run finished', '', '', '', '', '']];
  return runs.map((run) => [heading, startedAt, ...cellsOf(run)]);
}

function cellsOf({ variant, step, outcome, validity, metrics }: RunSummary): string[] {
  return [
    variant,
    step,
    outcome.state === 'completed' ? validity.verdict : outcome.state,
    formatRate(metrics['messages.perSecond']),
    formatTime(metrics['response.p50']),
    formatTime(metrics['response.p99']),
  ];
}

/** A relative link, so that the folder can be moved or served as it is. */
function link({ folder, hasReport }: ListingEntry, text: string): Markup {
  return hasReport ? html`<a href="./${encodeURIComponent(folder)}/report.html">${text}</a>` : html`${text}`;
}
