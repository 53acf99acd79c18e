import type { Step } from '../../model/plan.ts';
import { bytesAxis, timeAxis } from '../axis.ts';
import { chartFigure } from '../figure.ts';
import { html, type Markup } from '../markup.ts';
import { formatBytes, formatCount, formatRate, formatTime, NOTHING } from '../page/format.ts';
import type { AxisSpec, LineSpec, SeriesSpec } from '../page/spec.ts';
import { table } from '../table.ts';
import type { RunView, Section, StepView, View } from '../view.ts';
import { capital } from '../words.ts';
import { bandsOf, causesIn, secondOf } from './bands.ts';

/** Throughput and latency over time, step by step. */
export function course({ steps }: View): Section {
  const parts = steps.map(stepCourse);
  return {
    id: 'course',
    title: 'Over time',
    charts: parts.flatMap(({ charts }) => charts),
    body: html`<p>Second 0 is the start of the steady phase, from which the figures are taken. What is shaded in grey (connect, warm-up, drain) is recorded and shown, but not counted in the rates. What is shaded in amber was disturbed: <strong>steal</strong> is CPU time that the host of this virtual machine gave to others, <strong>other work</strong> is CPU time that processes other than those of the run took. A dip in an amber second says something about the machine, not about Nginx.</p>
${parts.map(({ body }) => body)}`,
  };
}

interface Part {
  body: Markup;
  charts: LineSpec[];
}

function stepCourse({ step, runs }: StepView): Part {
  const together = runs.length > 1 ? [echoedOfAll(step, runs)] : [];
  const each = runs.map((view, index) => runCharts(view, `${step}-${index}`));
  return {
    charts: [...together, ...each.flatMap((charts) => charts.map(({ spec }) => spec))],
    body: html`<h3 class="step">${capital(step)}</h3>
${together.map((spec) => chartFigure(spec, `Messages echoed per second in the step ${step}, all variants`, rateWords(runs), html`How to read it: a steady run is a level line. A dip that all runs share at different times is noise of the machine; one that returns at even intervals is a timer.`))}
<div class="pair">${each.flat().map(({ spec, title, words }) => chartFigure(spec, title, words, null))}</div>
${runs.map(figuresOverTime)}`,
  };
}

interface RunChart {
  spec: LineSpec;
  title: string;
  words: string;
}

/** A closed loop has no latency, so its times are not drawn over time: they are its connections ÷ its rate. */
function runCharts(view: RunView, id: string): RunChart[] {
  const rate = {
    spec: rateChart(view, id),
    title: `${view.label}: messages and bytes`,
    words: rateWords([view]),
  };
  if (!isOpen(view)) return [rate];
  const title = `${view.label}: response time`;
  return [rate, { spec: responseChart(view, id), title, words: responseWords(view) }];
}

function isOpen({ run }: RunView): boolean {
  return run.plan.workload.load.kind === 'open';
}

function figuresOverTime(view: RunView): Markup {
  return html`<details><summary>${view.label}: the figures over time</summary>
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

function row(view: RunView, point: RunView['points'][number]): string[] {
  const { atUs, phase, p50Us, p99Us, maxUs } = point;
  return [
    secondOf(view, atUs).toFixed(1),
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

/** From the first phase to the last; over several runs from the earliest to the latest. */
function timeOf(runs: readonly RunView[]): AxisSpec {
  const axis: AxisSpec = { title: 'seconds of the steady phase', unit: 'seconds' };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const view of runs) {
    for (const { startUs, endUs } of view.run.phases) {
      min = Math.min(min, secondOf(view, startUs));
      max = Math.max(max, secondOf(view, endUs));
    }
  }
  return min < max ? { ...axis, min: Math.floor(min), max: Math.ceil(max) } : axis;
}

function echoedOfAll(step: Step, runs: readonly RunView[]): LineSpec {
  return {
    kind: 'line',
    id: `chart-echoed-${step}`,
    x: timeOf(runs),
    y: { title: 'echoed per second', unit: 'rate', min: 0 },
    series: runs.map((view) =>
      line(
        view.name,
        view.colour,
        view.pattern,
        over(view, (point) => point.echoedPerSecond),
      ),
    ),
  };
}

function rateChart(view: RunView, id: string): LineSpec {
  const bytes = ({ bytesSentPerSecond, bytesReceivedPerSecond }: RunView['points'][number]): number | null =>
    bytesSentPerSecond === null || bytesReceivedPerSecond === null
      ? null
      : bytesSentPerSecond + bytesReceivedPerSecond;
  const sent = over(view, (point) => point.sentPerSecond);
  const echoed = over(view, (point) => point.echoedPerSecond);
  return {
    kind: 'line',
    id: `chart-rate-${id}`,
    x: timeOf([view]),
    y: { title: 'messages', unit: 'rate', min: 0 },
    // Twice as high as it needs to be, so that its line does not lie on those of the messages.
    y2: bytesAxis(
      'bytes, both ways',
      'bytesRate',
      2 * view.points.reduce((most, point) => Math.max(most, bytes(point) ?? 0), 0),
    ),
    bands: bandsOf(view),
    series: [
      line('sent', 'series-0', 1, sent),
      line('echoed', 'series-1', 0, echoed),
      { ...line('bytes', 'series-3', 2, over(view, bytes)), second: true },
    ],
  };
}

function responseChart(view: RunView, id: string): LineSpec {
  const p50 = over(view, (point) => point.p50Us);
  const p99 = over(view, (point) => point.p99Us);
  const most = over(view, (point) => point.maxUs);
  return {
    kind: 'line',
    id: `chart-response-${id}`,
    x: timeOf([view]),
    y: timeAxis(
      'response time',
      [p50, p99, most].flatMap((points) => points.map(({ y }) => y)),
    ),
    bands: bandsOf(view),
    series: [
      line('p50', 'series-0', 0, p50),
      line('p99', 'series-1', 1, p99),
      line('max', 'series-4', 2, most),
    ],
  };
}

function line(label: string, colour: string, pattern: number, points: SeriesSpec['points']): SeriesSpec {
  return { label, colour, pattern, points };
}

function over(
  view: RunView,
  figure: (point: RunView['points'][number]) => number | null,
): SeriesSpec['points'] {
  return view.points.map((point) => {
    const y = figure(point);
    return { x: secondOf(view, point.atUs), y: y === null ? null : Math.round(y) };
  });
}

function rateWords(runs: readonly RunView[]): string {
  return runs
    .map(({ name, figures }) => {
      const { sentPerSecond, receivedPerSecond } = figures.bytes;
      return `${name}: ${formatRate(figures.messages.perSecond)} messages echoed in the steady phase, ${formatBytes(sentPerSecond)}/s sent and ${formatBytes(receivedPerSecond)}/s received.`;
    })
    .join(' ');
}

function responseWords({ figures, points }: RunView): string {
  const times = figures.latencies.response;
  const highest = points.reduce((most, point) => Math.max(most, point.p99Us ?? 0), 0);
  return `Over the whole steady phase p50 ${formatTime(times?.p50)}, p99 ${formatTime(times?.p99)}, max ${formatTime(times?.max)}; the highest p99 of a moment ${highest === 0 ? NOTHING : formatTime(highest)}.`;
}
