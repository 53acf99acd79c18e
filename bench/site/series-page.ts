import { figureTitle } from '../report/comparison/words.ts';
import { html, type Markup, trusted } from '../report/markup.ts';
import { formatRate } from '../report/page/format.ts';
import { facts } from '../report/table.ts';
import { capital } from '../report/words.ts';
import { badgeSvg } from './badge.ts';
import { FEWEST, NEGLIGIBLE, RATE_TOLERANCE, WINDOW } from './changes.ts';
import type { Answer, Series } from './series.ts';
import { timeMarkup } from './time.ts';
import { pointText, trendChart } from './trend.ts';
import { loadText, ratesText, seriesTitle, trendSentence } from './words.ts';

/** The body of the page of a series: one chart per figure, and a table of all figures. */
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
<h2 id="${trend.figure.name}-title">${capital(figureTitle(trend.figure))}</h2>
<p class="finding">${trendSentence(trend)}</p>
${trendChart(trend)}</section>
`,
)}
<section aria-labelledby="points-title">
<h2 id="points-title">All results of this series</h2>
${pointsTable(series)}</section>
<section aria-labelledby="how-title">
<h2 id="how-title">How to read this</h2>
<p>Each point is one result and leads to its report: of a run its figure, of a comparison the median over its rounds. Points stand side by side in the order in which they were measured, whatever time passed between them, and the scale does not begin at 0. Crosses are runs whose figure does not count; the table says why.</p>
<p>The shaded band is what the runs before a point leave room for. From ${FEWEST} comparable ones on (the last ${WINDOW} at the same level, in an open loop those whose rate is within ${Math.round((RATE_TOLERANCE - 1) * 100)} %) their median is taken, and the mean deviation from it in logarithms as their noise. A point outside the band, which leaves out fewer than one in 200 that only scatter, and at least ${Math.round((NEGLIGIBLE - 1) * 100)} % off, is a change: a diamond, green for the better and red for the worse. Where the next point confirms it a new level begins there; where it does not, the diamond is hollow and counts for nothing.</p>
${facts([
  ['Series', name ?? 'no name'],
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
    ...trends.map(({ figure }) => capital(figureTitle(figure))),
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
