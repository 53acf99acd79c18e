import type { Result } from '../model/result.ts';
import { claimsMarkup } from '../report/claims/markup.ts';
import { html } from '../report/markup.ts';
import type { SitePage } from './index-page.ts';
import { compareTexts, type Published } from './series.ts';

/** A limit, because reading their runs takes a while, and older results only repeat what newer ones say. */
const MOST_RESULTS = 8;

/** A published result with its runs. */
export interface PublishedResult {
  folder: string;
  result: Result;
}

/**
 * Results that may say something about a claim. A claim always compares two sides, so this is the newest result of
 * each set of several variants.
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

/** What the article says, compared with what these results measured. */
export function claimsPage(results: readonly PublishedResult[]): SitePage {
  const folders = new Map(results.map(({ folder, result }) => [result, folder]));
  const source = (result: Result) => {
    const folder = folders.get(result) ?? result.id;
    return html`<a href="results/${encodeURIComponent(folder)}/report.html">${folder}</a>`;
  };
  return {
    file: 'claims.html',
    title: 'The article’s claims',
    body: html`<p>The configurations of this bench follow an article on WebSocket through Nginx and its four best practices. Each of its claims stands here beside what the newest results of each set of variants measured: confirmed, refuted, or not shown, which is no verdict that it is wrong.</p>
${claimsMarkup(
  results.map(({ result }) => result),
  source,
)}`,
  };
}
