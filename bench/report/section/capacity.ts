import type { CapacitySearch } from '../../model/capacity.ts';
import { PROXY } from '../../model/proxy.ts';
import { formatTime } from '../../wording/format.ts';
import { capacitySentences } from '../capacity/answer.ts';
import { plottedObjectives, trialsPlot } from '../capacity/plot.ts';
import { endsOf, inconclusiveLines, runsOfTrials, trialColumns, trialRows } from '../capacity/trials.ts';
import { chartFigure } from '../chart-figure.ts';
import { conclusionOf } from '../conclusion.ts';
import { runBadge, table } from '../elements.ts';
import { html } from '../markup.ts';
import type { FoldedSection, Section, View } from '../view.ts';
import { sandboxDifference } from './difference.ts';
import { percentileChart } from './distributions.ts';

/** Sections that show the outcome of a capacity search and the trials that led to it. */
export const CAPACITY_SECTIONS = [found, search, curves];

function capacityIn({ result }: View): CapacitySearch {
  const capacity = conclusionOf(result, 'capacity');
  if (capacity === null) throw new TypeError('the result is not a capacity search');
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
    title: 'Search',
    charts: [],
    body: html`${rows.length === 0 && html`<p>No trial finished.</p>`}
${plottedObjectives(capacity).map((index) => trialsPlot(capacity, index))}
${
  rows.length > 0 &&
  table(
    'Trials, in the order they ran',
    columns,
    rows.map((row, index) => [...row, runs[index] && runBadge(runs[index])]),
  )
}
<p class="how">The level is doubled until a trial misses an objective, or halved until one holds. The interval is then bisected until its ends differ by at most 5 %, and the trials at both ends are repeated until two of them agree. A trial holds if it meets every objective and keeps its schedule. A trial that does not hold is inconclusive if something other than ${PROXY} may be the cause. In the charts, circles are trials that held, diamonds are trials that missed, and squares are inconclusive trials; the numbers give the order of the trials, and the band is the interval that was found.</p>
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
    title: 'Response time at both ends of the interval',
    charts,
    body: html`${charts.length === 0 && html`<p>No trial to show.</p>`}
${charts.map((chart) => chartFigure(chart, 'Response time by percentile', described, html`The last trial that held at the lower end and the last that missed at the upper end.`))}`,
  };
}

/**
 * The configuration of the last run. It is shown only once, because the configurations of the other runs differ
 * only in ports, worker_connections and the number of workers.
 */
export function lastConfiguration({ result }: View): FoldedSection {
  const last = result.runs
    .flatMap(({ plan, proxy }) => (proxy === null ? [] : [{ name: plan.variant, proxy }]))
    .at(-1);
  return {
    id: 'configuration',
    title: `${PROXY} configuration`,
    finding:
      last === undefined
        ? `This variant has no ${PROXY}, or ${PROXY} did not start.`
        : `The last run used ${PROXY} ${last.proxy.version} with ${last.proxy.configuration.trim().split('\n').length} lines of configuration.`,
    charts: [],
    body:
      last === undefined
        ? null
        : html`<details><summary>nginx.conf of the last run, in full</summary><pre tabindex="0" aria-label="nginx.conf of ${last.name}">${last.proxy.configuration}</pre></details>
${sandboxDifference(last.proxy, last.name)}`,
  };
}
