import type { Result } from '../model/result.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { formatBytes } from '../wording/format.ts';
import { listed } from '../wording/words.ts';
import { chartData } from './chart-figure.ts';
import { contentsOf } from './contents.ts';
import { tagsMarkup } from './elements.ts';
import { topicOf } from './external.ts';
import { kindOf } from './kinds/kinds.ts';
import { loadSentence } from './load.ts';
import { html, type Markup } from './markup.ts';
import { pageOf, pageScript } from './page.ts';
import { type FoldedSection, type Section, type View, viewOf } from './view.ts';

/**
 * Returns the report of a result as a single, self-contained HTML file. The function is pure and expects a
 * result that `readResult` accepts.
 *
 * @param isRunning whether more runs will follow; if so, a result without an end is not reported as interrupted
 */
export function reportHtml(result: Result, isRunning = false): string {
  const view = viewOf(result);
  const of = kindOf(result);
  const contents = contentsOf(result);
  const open = contents.open.map((section) => section(view));
  const folded = contents.folded.map((section) => section(view));
  const sections = [...open, ...folded];
  const charts = sections.flatMap((section) => section.charts);
  const interrupted = isRunning ? '' : interruptedSentence(view);
  const body = html`<header class="wide masthead">
<h1>${topicOf(result)}: ${subjectOf(result)}</h1>
<p class="load">${of?.kind.load(of.found, view) ?? loadSentence(view)}</p>
${interrupted !== '' && html`<p class="broken">${interrupted}</p>`}
<p>${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · ${machineOf(result)}</p>
${tagsMarkup(result.plan)}
</header>
<nav class="contents" aria-label="Contents"><div class="wide"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></div></nav>
<main class="wide">
${open.map(openMarkup)}${folded.map(foldedMarkup)}</main>
<footer class="wide"><p>${result.tool.name} ${result.tool.version}. Every figure is derived from <code>result.json</code> next to this file; the <code>.hgrm</code> files contain the percentile distributions for HdrHistogram’s plotter.</p></footer>
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

/**
 * A section that is initially collapsed. In print, or if the script does not run, the style sheet shows the
 * section's body. The script opens the section when a link points to it.
 */
function foldedMarkup({ id, title, finding, body }: FoldedSection): Markup {
  const head = html`<h2 id="${id}-title">${title}</h2> <span class="found">${finding}</span>`;
  return html`<section id="${id}" class="folded" aria-labelledby="${id}-title">
${body === null ? html`<div class="head">${head}</div>` : html`<details><summary class="head">${head}</summary>\n${body}\n</details>`}
</section>
`;
}

/** The subject of the measurement: the machine itself, or variants. */
function subjectOf(result: Result): string {
  const ofKind = kindOf(result)?.kind.subject?.(result);
  return ofKind ?? (result.variants.map(({ name }) => name).join(', ') || result.id);
}

function machineOf({ environment }: Result): string {
  const bun = environment.bun === null ? '' : ` · Bun ${environment.bun}`;
  return `${environment.cpuModel}, ${environment.cpus} CPUs, ${formatBytes(environment.memoryBytes)} · ${environment.os} · Node ${environment.node}${bun}`;
}

/**
 * States which measurements are missing if the bench was interrupted; empty if it finished. Excluded variants
 * do not count as missing.
 */
function interruptedSentence({ result, variants }: View): string {
  if (result.endedAt !== null) return '';
  const missing = variants.flatMap((variant) =>
    result.plan.steps
      .filter(
        (step) =>
          variant.answers[step] === undefined &&
          !(stepNamed(step).load === 'open' && variant.leftOut !== null),
      )
      .map((step) => `the ${step} step of ${variant.name}`),
  );
  return missing.length > 0 && !kindOf(result)?.kind.isSearch
    ? `This bench was interrupted before it completed ${listed(missing)}.`
    : 'This bench was interrupted before it finished.';
}
