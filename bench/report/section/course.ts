import type { Point } from '../../measure/series.ts';
import type { Step } from '../../model/plan.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../../wording/format.ts';
import { capital } from '../../wording/words.ts';
import { timeAxis } from '../axis.ts';
import { chartFigure } from '../chart-figure.ts';
import { table } from '../elements.ts';
import { rateFinding, responseFinding } from '../finding/course.ts';
import { html, type Markup } from '../markup.ts';
import type { LineSpec } from '../page/spec.ts';
import type { FoldedSection, RunView, StepView, View } from '../view.ts';
import { causesIn, steadySecond } from './bands.ts';
import { ECHOED_AXIS, isOpen, ofAll, rateChart, responseChart } from './time-charts.ts';

/**
 * Throughput and latency over time, by step: first all variants on the same axes, then each run separately.
 */
export function course({ steps }: View): FoldedSection {
  const parts = steps.map(stepCourse);
  return {
    id: 'course',
    title: 'Over time',
    finding: courseFinding(steps.at(-1)?.runs ?? []),
    charts: parts.flatMap(({ charts }) => charts),
    body: html`<p>Second 0 is the start of the steady phase, over which the metrics are computed. Grey areas (warm-up and drain) are recorded and shown but not counted. Amber areas were disturbed: <strong>steal</strong> is CPU time that the host of this virtual machine gave to others, <strong>other work</strong> is CPU time used by processes outside the run. A dip in an amber second is a property of the machine, not of what is measured. For the time before, see <a href="#handshakes">handshakes</a>.</p>
${parts.map(({ body }) => body)}`,
  };
}

function courseFinding(runs: readonly RunView[]): string {
  return runs.some(isOpen) ? responseFinding(runs) : rateFinding(runs);
}

/** Chart of messages per second over time, shown in the summary if there is only one variant. */
export function echoedFigure({ step, runs }: StepView): { chart: LineSpec; figure: Markup } {
  const chart = echoedChart(step, runs, 'Messages per second over time');
  return { chart: chart.spec, figure: figureOf(chart) };
}

interface Part {
  body: Markup;
  charts: LineSpec[];
}

function stepCourse({ step, runs }: StepView): Part {
  const together = runs.length > 1 ? chartsOfAll(step, runs) : [];
  const each = runs.map((view, index) => ({ view, charts: runCharts(view, runs, `${step}-${index}`) }));
  const single = html`${each.map(
    ({ view, charts }) => html`<div class="pair">${charts.map(figureOf)}</div>
${figuresOverTime(view)}`,
  )}`;
  return {
    charts: [...together, ...each.flatMap(({ charts }) => charts)].map(({ spec }) => spec),
    body: html`<h3 class="step">${capital(step)}</h3>
${together.map(figureOf)}
${runs.length === 1 ? single : html`<details><summary>Each run, with its disturbances</summary>${single}</details>`}`,
  };
}

interface CourseChart {
  spec: LineSpec;
  title: string;
  finding: string;
  how: string;
}

function figureOf({ spec, title, finding, how }: CourseChart): Markup {
  return chartFigure(spec, title, finding, how);
}

const HOW_RATE =
  'A steady run is a flat line. Dips at a different time in each run are machine noise; dips at regular intervals point to a timer.';
const HOW_TIME =
  'A peak in one second is a stall; a rising line is a growing queue. On the logarithmic axis, equal distances are equal factors.';

/**
 * Charts that show all runs of a step. Times of a closed loop are not shown, because they follow from
 * connections ÷ rate and are not latency.
 */
function chartsOfAll(step: Step, runs: readonly RunView[]): CourseChart[] {
  const rate = echoedChart(step, runs, `Messages echoed per second in the ${step} step, all variants`);
  if (!runs.some(isOpen)) return [rate];
  const p99 = (point: Point): number | null => point.p99Us;
  const axis = timeAxis(
    'p99 of the response time',
    runs.flatMap(({ points }) => points.map(p99)),
  );
  return [
    rate,
    {
      spec: ofAll(`chart-p99-${step}`, runs, axis, p99),
      title: `p99 of the response time in the ${step} step, all variants`,
      finding: responseFinding(runs),
      how: HOW_TIME,
    },
  ];
}

function echoedChart(step: Step, runs: readonly RunView[], title: string): CourseChart {
  const spec = ofAll(`chart-echoed-${step}`, runs, ECHOED_AXIS, (point) => point.echoedPerSecond);
  return { spec, title, finding: rateFinding(runs), how: HOW_RATE };
}

/** Charts of one run, on the axes shared by all runs of its step. */
function runCharts(view: RunView, runs: readonly RunView[], id: string): CourseChart[] {
  const rate = {
    spec: rateChart(view, runs, id),
    title: `${view.label}: messages and bytes`,
    finding: rateFinding([view]),
    how: `${HOW_RATE} The lines for sent and echoed messages coincide as long as every message comes back within the second in which it was sent.`,
  };
  if (!isOpen(view)) return [rate];
  const title = `${view.label}: response time`;
  return [
    rate,
    { spec: responseChart(view, runs, id), title, finding: responseFinding([view]), how: HOW_TIME },
  ];
}

function figuresOverTime(view: RunView): Markup {
  return html`<details><summary>${view.label}: the data over time</summary>
${table(
  `${view.label}, over time`,
  isOpen(view) ? [...RATE_COLUMNS, ...TIME_COLUMNS] : RATE_COLUMNS,
  view.points.map((point) => row(view, point)),
)}
</details>
`;
}

const RATE_COLUMNS = [
  { title: 'Second' },
  { title: 'Phase', text: true },
  { title: 'Disturbed by', text: true },
  { title: 'Sent per second' },
  { title: 'Echoed per second' },
  { title: 'Bytes sent per second' },
  { title: 'Bytes received per second' },
  { title: 'Open' },
];
const TIME_COLUMNS = [{ title: 'Response time p50' }, { title: 'p99' }, { title: 'Max' }];

function row(view: RunView, point: Point): string[] {
  const { atUs, phase, p50Us, p99Us, maxUs } = point;
  return [
    steadySecond(view, atUs).toFixed(1),
    phase,
    causesIn(view, point) || NOTHING,
    formatCount(point.sentPerSecond),
    formatCount(point.echoedPerSecond),
    formatBytes(point.bytesSentPerSecond),
    formatBytes(point.bytesReceivedPerSecond),
    formatCount(point.open),
    ...(isOpen(view) ? [p50Us, p99Us, maxUs].map(formatTime) : []),
  ];
}
