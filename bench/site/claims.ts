import type { Result } from '../model/result.ts';
import { html } from '../report/markup.ts';
import { claimsIntroduction, claimsMarkup } from '../report/section/claims.ts';
import type { SitePage } from './index-page.ts';
import { compareTexts, type Published } from './series.ts';

/**
 * Maximum number of results to read. Reading takes time, and older results usually say nothing that newer ones do not.
 */
const MOST_RESULTS = 8;

/** A published result, including its runs. */
export interface PublishedResult {
  folder: string;
  result: Result;
}

/**
 * Selects results that may support or refute a claim. Every claim compares two sides, so only the newest result
 * for each set of two or more variants is selected.
 */
export function tellingResults<T extends Published>(published: readonly T[]): T[] {
  const newest = new Map<string, T>();
  for (const each of published.toSorted((a, b) => compareTexts(a.index.startedAt, b.index.startedAt))) {
    const variants = new Set(each.index.runs.map(({ variant }) => variant));
    if (variants.size > 1) newest.set(JSON.stringify([...variants].sort()), each);
  }
  return [...newest.values()]
    .sort((a, b) => compareTexts(b.index.startedAt, a.index.startedAt))
    .slice(0, MOST_RESULTS);
}

/** Creates the page that compares these results with the claims of the article on which this project is based. */
export function claimsPage(results: readonly PublishedResult[]): SitePage {
  const folders = new Map(results.map(({ folder, result }) => [result, folder]));
  const source = (result: Result) => {
    const folder = folders.get(result) ?? result.id;
    return html`<a href="results/${encodeURIComponent(folder)}/report.html">${folder}</a>`;
  };
  return {
    file: 'claims.html',
    title: 'The article’s claims',
    body: html`${claimsIntroduction()}
<p>The measurements are the newest result for each set of variants.</p>
${claimsMarkup(
  results.map(({ result }) => result),
  source,
)}`,
  };
}
