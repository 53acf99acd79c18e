import type { Result } from '../model/result.ts';
import { capacityOf } from './capacity/conclusion.ts';
import { capacityLoad } from './capacity/words.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { loadSentence } from './load.ts';
import { html, jsonMarkup, type Markup } from './markup.ts';
import { formatBytes } from './page/format.ts';
import { pageOf } from './page.ts';
import { priceOf } from './price/words.ts';
import { chartLibrary, pageScript } from './script.ts';
import { answers } from './section/answers.ts';
import { CAPACITY_SECTIONS } from './section/capacity.ts';
import { COMPARISON_SECTIONS } from './section/comparison.ts';
import { cost } from './section/cost.ts';
import { course } from './section/course.ts';
import { failures } from './section/failures.ts';
import { handshakes } from './section/handshakes.ts';
import { latency } from './section/latency.ts';
import { notices } from './section/notices.ts';
import { price } from './section/price.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';
import { summary } from './section/summary.ts';
import { throughput } from './section/throughput.ts';
import { type Section, viewOf } from './view.ts';

const SECTIONS = [
  answers,
  summary,
  notices,
  throughput,
  latency,
  course,
  handshakes,
  cost,
  spread,
  failures,
  protocols,
  httpLeg,
  runs,
  setup,
  configurations,
];

/**
 * The report of a result: one HTML file that needs nothing else. A pure function of the result, which
 * must be one that `readResult` accepts.
 */
export function reportHtml(result: Result): string {
  const view = viewOf(result);
  const sections = sectionsFor(result).map((section) => section(view));
  const charts = sections.flatMap((section) => section.charts);
  const body = html`<header class="wide masthead">
<h1>WebSocket through Nginx: ${variantsOf(result)}</h1>
<p class="load">${capacityLoad(view) ?? loadSentence(view)}</p>
<p>${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · ${machineOf(result)}</p>
</header>
<nav class="contents" aria-label="Contents"><div class="wide"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></div></nav>
<main class="wide">
${sections.map(sectionMarkup)}</main>
<footer class="wide"><p>${result.tool.name} ${result.tool.version}. Every figure is derived from <code>result.json</code> beside this file; <code>.hgrm</code> files hold the percentile distributions for HdrHistogram’s plotter.</p></footer>
<script type="application/json" id="charts">${jsonMarkup(charts)}</script>`;
  return pageOf(`${variantsOf(result)}: nginx-ws-bench`, body, [chartLibrary(), pageScript()]);
}

/** What was asked decides what is told. */
function sectionsFor(result: Result) {
  if (comparisonOf(result) !== null) return [...COMPARISON_SECTIONS, setup];
  if (capacityOf(result) !== null) return [...CAPACITY_SECTIONS, setup];
  return priceOf(result) === null ? SECTIONS : SECTIONS.toSpliced(2, 0, price);
}

function sectionMarkup({ id, title, body }: Section): Markup {
  return html`<section id="${id}"${id === 'answers' && html` class="bare"`} aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

function variantsOf(result: Result): string {
  return result.variants.map(({ name }) => name).join(', ') || result.id;
}

function machineOf({ environment }: Result): string {
  const bun = environment.bun === null ? '' : ` · Bun ${environment.bun}`;
  return `${environment.cpuModel}, ${environment.cpus} CPUs, ${formatBytes(environment.memoryBytes)} · ${environment.os} · Node ${environment.node}${bun}`;
}
