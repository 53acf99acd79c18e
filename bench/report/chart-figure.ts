import { type Content, html, jsonMarkup, type Markup } from './markup.ts';
import { type ChartSpec, DASHES, type LineSpec } from './page/spec.ts';

/**
 * A chart: a sentence derived from its data, the picture with its controls, an explanation of how to read it,
 * and its data as a table. The page's script draws the picture, activates the controls, and creates the table
 * on demand. Without the script the figure is hidden, and the section's tables give the same information.
 */
export function chartFigure(spec: ChartSpec, title: string, finding: string, how: Content): Markup {
  return html`<figure class="chart" aria-labelledby="${spec.id}-title">
<h3 id="${spec.id}-title">${title}</h3>
<p class="finding">${finding}</p>
${controls(spec, title)}
<div class="canvas${heightOf(spec)}"><canvas id="${spec.id}" role="img" aria-label="${title}. ${finding}"></canvas></div>
${how !== null && html`<details class="how"><summary>How to read this</summary><p>${how}</p></details>`}
<details class="data"><summary>Data as a table</summary></details>
</figure>
`;
}

/** Embeds a page's charts as data for its script. */
export function chartData(specs: readonly ChartSpec[]): Markup {
  return html`<script type="application/json" id="charts">${jsonMarkup(specs)}</script>`;
}

function heightOf(spec: ChartSpec): string {
  if (spec.kind === 'line') return '';
  const rows = spec.names.length * (spec.stacked ? 1 : Math.max(1, spec.series.length / 2));
  return rows <= 2 ? ' short' : rows <= 6 ? ' middle' : ' tall';
}

/**
 * A chart's controls: a switch for each series, which also serves as its legend entry, and the chart's
 * actions.
 */
function controls(spec: ChartSpec, title: string): Markup {
  return html`<div class="controls" role="group" aria-label="Controls of ${title}">
${spec.series.length > 1 && html`<div class="legend">${spec.series.map((series, index) => html`<button type="button" data-series="${index}" aria-pressed="true">${sample(series, index)}${series.label}</button>`)}</div>`}
<div class="actions">${spec.kind === 'line' && spec.x.unit === 'seconds' && zoom(spec)}
${spec.kind === 'line' && html`<button type="button" data-do="logarithmic" aria-pressed="${spec.y.logarithmic ? 'true' : 'false'}">Logarithmic</button>`}
<button type="button" data-do="png">Copy as PNG</button><button type="button" data-do="csv">Copy as CSV</button><span class="told" role="status"></span></div>
</div>`;
}

function zoom({ x: { min = 0, max = 0 } }: LineSpec): Markup {
  const bound = (name: string, value: number): Markup =>
    html`<label>${name} <input type="number" data-bound="${name}" min="${min}" max="${max}" step="any" value="${value}"></label>`;
  return html`${bound('from', min)} ${bound('to', max)} s <button type="button" data-do="whole" disabled>All seconds</button>`;
}

/** Legend symbol of a series, in the style used in the chart: a line or a bar. */
function sample(series: ChartSpec['series'][number], index: number): Markup {
  if (!('pattern' in series))
    return html`<span class="swatch fill-${index % 4} ${series.colour}" aria-hidden="true"></span>`;
  const dashes = DASHES[series.pattern % DASHES.length] ?? [];
  return html`<svg class="line ${series.colour}" viewBox="0 0 30 8" aria-hidden="true" focusable="false"><line x1="0" y1="4" x2="30" y2="4"${dashes.length > 0 && html` stroke-dasharray="${dashes.join(' ')}"`}/></svg>`;
}
