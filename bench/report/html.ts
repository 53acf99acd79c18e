import type { Result } from '../model/result.ts';
import { calibrationOf } from './calibration/words.ts';
import { capacityLoad } from './capacity/words.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { contentsOf } from './contents.ts';
import { chartData } from './figure.ts';
import { loadSentence } from './load.ts';
import { html, type Markup } from './markup.ts';
import { formatBytes } from './page/format.ts';
import { pageOf } from './page.ts';
import { pageScript } from './script.ts';
import { tagsMarkup } from './tags.ts';
import { type FoldedSection, type Section, viewOf } from './view.ts';

/**
 * The report of a result as a single, self-contained HTML file. A pure function of the result, which must be one
 * that `readResult` accepts.
 */
export function reportHtml(result: Result): string {
  const view = viewOf(result);
  const contents = contentsOf(result);
  const open = contents.open.map((section) => section(view));
  const folded = contents.folded.map((section) => section(view));
  const sections = [...open, ...folded];
  const charts = sections.flatMap((section) => section.charts);
  const body = html`<header class="wide masthead">
<h1>WebSocket through Nginx: ${subjectOf(result)}</h1>
<p class="load">${capacityLoad(view) ?? loadSentence(view)}</p>
<p>${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · ${machineOf(result)}</p>
${tagsMarkup(result.plan)}
</header>
<nav class="contents" aria-label="Contents"><div class="wide"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></div></nav>
<main class="wide">
${open.map(openMarkup)}${folded.map(foldedMarkup)}</main>
<footer class="wide"><p>${result.tool.name} ${result.tool.version}. Every figure is derived from <code>result.json</code> beside this file; <code>.hgrm</code> files hold the percentile distributions for HdrHistogram’s plotter.</p></footer>
${chartData(charts)}`;
  return pageOf(`${subjectOf(result)}: nginx-ws-bench`, body, { scripts: [pageScript()] });
}

function openMarkup({ id, title, body }: Section): Markup {
  return html`<section id="${id}"${id === 'answers' && html` class="bare"`} aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

/** The style shows what is in it on paper and without a script, the script when a link leads to it. */
function foldedMarkup({ id, title, finding, body }: FoldedSection): Markup {
  const head = html`<h2 id="${id}-title">${title}</h2> <span class="found">${finding}</span>`;
  return html`<section id="${id}" class="folded" aria-labelledby="${id}-title">
${body === null ? html`<div class="head">${head}</div>` : html`<details><summary class="head">${head}</summary>\n${body}\n</details>`}
</section>
`;
}

/** What is measured: the machine itself, or variants. */
function subjectOf(result: Result): string {
  if (calibrationOf(result) !== null)
    return `Calibration with ${comparisonOf(result)?.baseline ?? result.id}`;
  return result.variants.map(({ name }) => name).join(', ') || result.id;
}

function machineOf({ environment }: Result): string {
  const bun = environment.bun === null ? '' : ` · Bun ${environment.bun}`;
  return `${environment.cpuModel}, ${environment.cpus} CPUs, ${formatBytes(environment.memoryBytes)} · ${environment.os} · Node ${environment.node}${bun}`;
}
