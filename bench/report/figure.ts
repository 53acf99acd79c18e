import { type Content, html, type Markup } from './markup.ts';
import type { ChartSpec } from './page/spec.ts';

/**
 * The place of a chart: drawn by the script, told in words by `description` to whom cannot see it, and
 * explained by `how`. Without the script it is not shown; the tables say the same.
 */
export function chartFigure(spec: ChartSpec, title: string, description: string, how: Content): Markup {
  const rows = spec.kind === 'bar' ? spec.names.length : 0;
  const height = rows === 0 ? '' : rows <= 2 ? ' short' : rows <= 6 ? ' middle' : ' tall';
  return html`<figure class="chart">
<h3>${title}</h3>
<div class="canvas${height}"><canvas id="${spec.id}" role="img" aria-label="${title}. ${description}"></canvas></div>
${how === null ? null : html`<figcaption>${how}</figcaption>`}
</figure>
`;
}
