import { metricTitle } from '../metrics/metrics.ts';
import { facts } from '../report/elements.ts';
import { html, type Markup, trusted } from '../report/markup.ts';
import { formatRate } from '../wording/format.ts';
import { capital } from '../wording/words.ts';
import { badgeSvg } from './badge.ts';
import { FEWEST, NEGLIGIBLE, RATE_TOLERANCE, WINDOW } from './changes.ts';
import type { Answer, Series } from './series.ts';
import { loadText, ratesText, seriesTitle, trendSentence } from './series-text.ts';
import { timeMarkup } from './time.ts';
import { pointText, trendChart } from './trend.ts';

/** Creates the body of a series page: one chart per metric, and a table with all metrics. */
export function seriesBody(series: Series): Markup {
  const { name, profile, machine, load, step, slug, trends } = series;
  return html`<header class="wide masthead">
<p><a href="../index.html">All series and results</a></p>
<h1>${seriesTitle(series)}</h1>
<p class="load">${loadText(load)}${step === 'latency' && ratesText(series) !== '' && `, ${ratesText(series)}`}</p>
<p>${machine}</p>
</header>
<main class="wide">
${trends.map(
  (trend) => html`<section aria-labelledby="${trend.figure.name}-title">
<h2 id="${trend.figure.name}-title">${capital(metricTitle(trend.figure))}</h2>
<p class="finding">${trendSentence(trend)}</p>
${trendChart(trend)}</section>
`,
)}
<section aria-labelledby="points-title">
<h2 id="points-title">All results of this series</h2>
${pointsTable(series)}</section>
<section aria-labelledby="how-title">
<h2 id="how-title">How to read this</h2>
<p>Each point is one result and links to its report. For a run it is the run’s value, for a comparison the median over its rounds. Points are evenly spaced in the order they were measured, however much time lies between them, and the scale does not start at 0. Crosses are runs whose value does not count; the table gives the reason.</p>
<p>The shaded band is the range expected from earlier runs. It requires at least ${FEWEST} comparable runs: the last ${WINDOW} at the same level and, in an open loop, within ${Math.round((RATE_TOLERANCE - 1) * 100)} % of the rate. The band is centred on their median, and its width follows from their mean deviation in logarithms; noise alone falls outside it less than once in 200 runs. A point that is outside the band and at least ${Math.round((NEGLIGIBLE - 1) * 100)} % away from the median is a change, shown as a diamond: green for better, red for worse. If the next point confirms it, a new level starts there. If not, the diamond is hollow and ignored from then on.</p>
${facts([
  ['Series', name ?? 'unnamed'],
  ['Profile', profile],
  ['Badge', html`<a href="${slug}.svg">${trusted(badgeSvg(series))}</a>`],
  ['For a README', html`<code>![${seriesTitle(series)}](…/series/${slug}.svg)</code>`],
])}
</section>
</main>
<footer class="wide"><p>Made by nginx-ws-bench.</p></footer>`;
}

function pointsTable({ answers, trends, step }: Series): Markup {
  const rows = answers.map(
    (
      answer,
      at,
    ) => html`<tr><th scope="row" class="text">${link(answer)}</th><td>${timeMarkup(answer.startedAt)}</td>${trends.map(
      ({ figure, points }) => {
        const point = points[at];
        return html`<td class="figure wrapped">${point === undefined ? '' : pointText(figure, point)}</td>`;
      },
    )}${step === 'latency' && html`<td class="figure">${formatRate(answer.ratePerSecond)}</td>`}<td class="figure">${answer.runs.length}</td><td>${answer.runs[0]?.nginx ?? ''}</td></tr>
`,
  );
  const figures = [
    ...trends.map(({ figure }) => capital(metricTitle(figure))),
    ...(step === 'latency' ? ['Rate'] : []),
    'Runs',
  ];
  const heading = (kind: string) => (title: string) => html`<th scope="col" class="${kind}">${title}</th>`;
  return html`<div class="scroll" role="region" aria-label="Table of results" tabindex="0">
<table>
<thead><tr>${['Result', 'Started'].map(heading('text'))}${figures.map(heading('figure'))}${heading('text')('Nginx')}</tr></thead>
<tbody>
${rows.toReversed()}</tbody>
</table>
</div>
`;
}

function link({ folder }: Answer): Markup {
  return html`<a href="../results/${encodeURIComponent(folder)}/report.html">${folder}</a>`;
}
