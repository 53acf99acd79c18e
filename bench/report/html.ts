import type { RunPlan } from '../model/plan.ts';
import type { Result } from '../model/result.ts';
import { html, jsonMarkup, type Markup } from './markup.ts';
import { formatBytes, formatCount, formatRate, formatTime } from './page/format.ts';
import { pageOf } from './page.ts';
import { chartLibrary, pageScript } from './script.ts';
import { cost } from './section/cost.ts';
import { course } from './section/course.ts';
import { failures } from './section/failures.ts';
import { handshakes } from './section/handshakes.ts';
import { latency } from './section/latency.ts';
import { notices, summary, verdicts } from './section/overview.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';
import { type Section, type View, viewOf } from './view.ts';

const SECTIONS = [
  verdicts,
  summary,
  notices,
  latency,
  course,
  handshakes,
  cost,
  spread,
  failures,
  protocols,
  httpLeg,
  setup,
  configurations,
];

/**
 * The report of a result: one HTML file that needs nothing else. A pure function of the result, which
 * must be one that `readResult` accepts.
 */
export function reportHtml(result: Result): string {
  const view = viewOf(result);
  const sections = SECTIONS.map((section) => section(view));
  const charts = sections.flatMap((section) => section.charts);
  const body = html`<header class="wide masthead">
<h1>WebSocket through Nginx: ${profilesOf(result)}</h1>
<p class="load">${loadOf(view)}</p>
<p>${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · ${machineOf(result)}</p>
</header>
<nav class="contents" aria-label="Contents"><div class="wide"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></div></nav>
<main class="wide">
${sections.map(sectionMarkup)}</main>
<footer class="wide"><p>${result.tool.name} ${result.tool.version}. Every figure is derived from <code>result.json</code> beside this file; <code>.hgrm</code> files hold the percentile distributions for HdrHistogram’s plotter.</p></footer>
<script type="application/json" id="charts">${jsonMarkup(charts)}</script>`;
  return pageOf(`${profilesOf(result)}: nginx-ws-bench`, body, [chartLibrary(), pageScript()]);
}

function sectionMarkup({ id, title, body }: Section): Markup {
  return html`<section id="${id}"${id === 'verdicts' && html` class="bare"`} aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

function profilesOf(result: Result): string {
  const profiles = [...new Set(result.variants.map(({ name }) => name))];
  return profiles.join(', ') || result.id;
}

/** The load in a sentence where all runs have the same; else that they differ. */
function loadOf({ result }: View): string {
  const loads = new Set(result.runs.map(({ plan }) => loadSentence(plan)));
  const [only] = loads;
  return loads.size === 1 && only !== undefined ? only : 'The runs differ in their load: see the plan.';
}

function loadSentence({ workload, connections, durationMs }: RunPlan): string {
  const { load, payload } = workload;
  const size =
    payload.minBytes === payload.maxBytes
      ? formatBytes(payload.maxBytes)
      : `${formatBytes(payload.minBytes)} to ${formatBytes(payload.maxBytes)}`;
  const arrival =
    load.kind === 'closed'
      ? `in a closed loop with ${formatCount(load.inFlight)} in flight each`
      : `in an open loop at ${formatRate(load.ratePerSecond)} (${load.arrivals})`;
  return `${formatCount(connections)} WebSockets ${arrival}, messages of ${size} ${payload.type}, ${formatTime(durationMs * 1000)} steady.`;
}

function machineOf({ environment }: Result): string {
  return `${environment.cpuModel}, ${environment.cpus} CPUs, ${formatBytes(environment.memoryBytes)} · ${environment.os} · Node ${environment.node}`;
}
