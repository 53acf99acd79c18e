import { createHash } from 'node:crypto';
import { headlineOf } from '../report/kinds/kinds.ts';
import { html, type Markup } from '../report/markup.ts';
import { capital } from '../wording/words.ts';
import { xmlText } from './badge.ts';
import type { Published, Series } from './series.ts';
import { changeSentence, isChanged, seriesTitle } from './series-text.ts';
import { rfc3339 } from './time.ts';

/** Maximum number of entries. Feed readers need only the newest results; the index page lists all of them. */
const MOST_ENTRIES = 50;

/** Creates an Atom feed (RFC 4287) of the results with their changes and findings, newest first. */
export function atomFeed(title: string, published: readonly Published[], series: readonly Series[]): string {
  const newest = published.slice(0, MOST_ENTRIES);
  const updated = newest.map(({ index }) => rfc3339(index.endedAt ?? index.startedAt)).sort();
  const told = changesByFolder(series);
  return `<?xml version="1.0" encoding="utf-8"?>
${
  html`<feed xmlns="http://www.w3.org/2005/Atom">
<id>${identifier(`site ${title}`)}</id>
<title>${xmlText(title)}</title>
<updated>${updated.at(-1) ?? rfc3339(null)}</updated>
<author><name>nginx-ws-bench</name></author>
<link rel="self" type="application/atom+xml" href="feed.xml"/>
<link rel="alternate" type="text/html" href="index.html"/>
${newest.map((each) => entry(each, told.get(each.folder) ?? []))}</feed>
`.markup
}`;
}

function entry({ folder, index }: Published, changes: readonly string[]): Markup {
  const finding = headlineOf(index);
  const found = finding?.lines.map(({ sentence }) => sentence) ?? [];
  const sentences = [...found, ...changes, ...(index.plan.note === null ? [] : [index.plan.note])];
  const names = [...new Set(index.runs.map(({ variant }) => variant))].join(', ');
  const title = `${capital(finding?.kind ?? 'run')}: ${names === '' ? index.id : names}`;
  return html`<entry>
<id>${identifier(`result ${folder} ${index.startedAt}`)}</id>
<title>${xmlText(changes.length === 0 ? title : `${title} (${changes.length === 1 ? 'a change' : `${changes.length} changes`})`)}</title>
<published>${rfc3339(index.startedAt)}</published>
<updated>${rfc3339(index.endedAt ?? index.startedAt)}</updated>
<link rel="alternate" type="text/html" href="results/${encodeURIComponent(folder)}/report.html"/>
<link rel="related" type="application/json" href="results/${encodeURIComponent(folder)}/result.json"/>
<summary>${xmlText(sentences.join(' ') || 'No change beyond noise.')}</summary>
</entry>
`;
}

function changesByFolder(series: readonly Series[]): Map<string, string[]> {
  const told = new Map<string, string[]>();
  for (const each of series) {
    for (const { figure, points } of each.trends) {
      for (const point of points.filter(isChanged)) {
        const sentence = `${seriesTitle(each)}: ${changeSentence(figure, point)}`;
        told.set(point.answer.folder, [...(told.get(point.answer.folder) ?? []), sentence]);
      }
    }
  }
  return told;
}

/**
 * Creates an identifier that is always the same for the same item, wherever it is published (RFC 9562 section
 * 5.8).
 */
function identifier(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
