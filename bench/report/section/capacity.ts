import type { CapacitySearch } from '../../model/capacity.ts';
import { badge } from '../badge.ts';
import { capacityOf } from '../capacity/conclusion.ts';
import { plottedObjectives, trialsPlot } from '../capacity/plot.ts';
import { endsOf, inconclusiveLines, runsOfTrials, trialColumns, trialRows } from '../capacity/trials.ts';
import { capacitySentences } from '../capacity/words.ts';
import { chartFigure } from '../figure.ts';
import { html } from '../markup.ts';
import { formatTime } from '../page/format.ts';
import { table } from '../table.ts';
import type { FoldedSection, Section, View } from '../view.ts';
import { sandboxDifference } from './difference.ts';
import { percentileChart } from './distributions.ts';

/** What a search for a capacity found, and how. */
export const CAPACITY_SECTIONS = [found, search, curves];

function capacityIn({ result }: View): CapacitySearch {
  const capacity = capacityOf(result);
  if (capacity === null) throw new TypeError('the result is no search for a capacity');
  return capacity;
}

function found(view: View): Section {
  const [answer, ...others] = capacitySentences(capacityIn(view));
  return {
    id: 'capacity',
    title: 'Capacity',
    charts: [],
    body: html`<p class="verdict">${answer}</p>
${others.map((each) => html`<p>${each}</p>`)}`,
  };
}

function search(view: View): Section {
  const capacity = capacityIn(view);
  const rows = trialRows(capacity, view);
  const runs = runsOfTrials(view);
  const columns = [...trialColumns(capacity), 'validity'].map((title, index, all) => ({
    title,
    text: index >= all.length - 2,
  }));
  const inconclusive = inconclusiveLines(capacity);
  return {
    id: 'search',
    title: 'The search',
    charts: [],
    body: html`${rows.length === 0 && html`<p>No trial ended.</p>`}
${plottedObjectives(capacity).map((index) => trialsPlot(capacity, index))}
${
  rows.length > 0 &&
  table(
    'Trials, in the order in which they ran',
    columns,
    rows.map((row, index) => [...row, runs[index] && badge(runs[index])]),
  )
}
<p class="how">Doubled until an objective is missed, bisected to 5 %, and repeated at both ends until two trials agree. A trial holds where it meets every objective and keeps its schedule. It is inconclusive where it does not, and something other than what is measured may be why. In the pictures a circle held, a diamond missed, a square is inconclusive; the number says when it ran, and the band is the interval that was found.</p>
${inconclusive.length > 0 && html`<h3>Inconclusive</h3><ul class="plain">${inconclusive.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}

function curves(view: View): Section {
  const ends = endsOf(capacityIn(view), view).filter(({ run }) => run.times.totalCount > 0);
  const charts =
    ends.length === 0
      ? []
      : [
          percentileChart(
            ends.map(({ name, run }, index) => ({
              name,
              colour: `series-${index}`,
              pattern: index,
              times: run.times,
            })),
          ),
        ];
  const described = ends
    .map(({ name, run }) => `${name}: p50 ${formatTime(run.times.getValueAtPercentile(50))}.`)
    .join(' ');
  return {
    id: 'curves',
    title: 'Response time at both ends',
    charts,
    body: html`${charts.length === 0 && html`<p>There is no trial to draw.</p>`}
${charts.map((chart) => chartFigure(chart, 'Response time by percentile', described, html`The last trial that held at the lower end, and the last that missed at the upper one.`))}`,
  };
}

/** Once: between two trials nothing differs but ports and how many connections a worker may have. */
export function lastConfiguration({ variants, result }: View): FoldedSection {
  const proxy = result.runs.findLast((run) => run.proxy !== null)?.proxy ?? null;
  const name = variants[0]?.name ?? '';
  return {
    id: 'configuration',
    title: 'Nginx configuration',
    finding:
      proxy === null
        ? 'There is no Nginx in this variant, or it did not start.'
        : `Nginx ${proxy.version} ran with ${proxy.configuration.trim().split('\n').length} lines of configuration in the last trial.`,
    charts: [],
    body:
      proxy &&
      html`<details><summary>nginx.conf of the last trial, in full</summary><pre tabindex="0" aria-label="nginx.conf of ${name}">${proxy.configuration}</pre></details>
${sandboxDifference(proxy, name)}`,
  };
}
