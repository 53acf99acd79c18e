import { bytesAxis, timeAxis } from '../axis.ts';
import { chartFigure } from '../figure.ts';
import { html, type Markup } from '../markup.ts';
import { formatBytes, formatCount, formatRate, formatTime } from '../page/format.ts';
import type { AxisSpec, BandSpec, LineSpec, SeriesSpec } from '../page/spec.ts';
import { table } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';

/** Throughput and latency over time. */
export function course({ runs }: View): Section {
  const together = runs.length > 1 ? [throughputOfAll(runs)] : [];
  const each = runs.flatMap((view, index) => [throughputChart(view, index), latencyChart(view, index)]);
  return {
    id: 'course',
    title: 'Over time',
    charts: [...together, ...each],
    body: html`<p>Second 0 is the start of the steady phase, from which the figures are taken. What is shaded (connect, warm-up, drain) is recorded and shown, but not counted in the rates.</p>
${together.map((spec) => chartFigure(spec, 'Messages echoed per second, all runs', throughputWords(runs), html`How to read it: a steady run is a level line. A dip that all runs share at different times is noise of the machine; one that returns at even intervals is a timer.`))}
${runs.map((view, index) => courseOf(view, index))}`,
  };
}

function courseOf(view: RunView, index: number): Markup {
  return html`<div class="pair">
${chartFigure(throughputChart(view, index), `${view.name}: throughput`, throughputWords([view]), null)}
${chartFigure(latencyChart(view, index), `${view.name}: ${view.figures.latencyName} time`, latencyWords(view), null)}
</div>
<details><summary>${view.name}: the figures over time</summary>
${table(
  `${view.name} over time`,
  COLUMNS,
  view.points.map((point) => row(view, point)),
)}
</details>
`;
}

const COLUMNS = [
  { title: 'Second' },
  { title: 'Phase', text: true },
  { title: 'Sent per second' },
  { title: 'Echoed per second' },
  { title: 'Bytes sent per second' },
  { title: 'Bytes received per second' },
  { title: 'Open' },
  { title: 'p50' },
  { title: 'p99' },
  { title: 'Max' },
];

function row(view: RunView, point: RunView['points'][number]): string[] {
  return [
    second(view, point.atUs).toFixed(1),
    point.phase,
    formatCount(point.sentPerSecond),
    formatCount(point.echoedPerSecond),
    formatBytes(point.bytesSentPerSecond),
    formatBytes(point.bytesReceivedPerSecond),
    formatCount(point.open),
    formatTime(point.p50Us),
    formatTime(point.p99Us),
    formatTime(point.maxUs),
  ];
}

/** From the first phase to the last; over several runs from the earliest to the latest. */
function timeOf(runs: readonly RunView[]): AxisSpec {
  const axis: AxisSpec = { title: 'seconds of the steady phase', unit: 'seconds' };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const view of runs) {
    for (const { startUs, endUs } of view.run.phases) {
      min = Math.min(min, second(view, startUs));
      max = Math.max(max, second(view, endUs));
    }
  }
  return min < max ? { ...axis, min: Math.floor(min), max: Math.ceil(max) } : axis;
}

function throughputOfAll(runs: readonly RunView[]): LineSpec {
  return {
    kind: 'line',
    id: 'chart-throughput',
    x: timeOf(runs),
    y: { title: 'echoed per second', unit: 'rate', min: 0 },
    series: runs.map((view) => ({
      label: view.name,
      colour: view.colour,
      pattern: view.pattern,
      points: over(view, (point) => point.echoedPerSecond),
    })),
  };
}

function throughputChart(view: RunView, index: number): LineSpec {
  const bytes = ({ bytesSentPerSecond, bytesReceivedPerSecond }: RunView['points'][number]): number | null =>
    bytesSentPerSecond === null || bytesReceivedPerSecond === null
      ? null
      : bytesSentPerSecond + bytesReceivedPerSecond;
  return {
    kind: 'line',
    id: `chart-throughput-${index}`,
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
      line(
        'sent',
        'series-0',
        1,
        over(view, (point) => point.sentPerSecond),
      ),
      line(
        'echoed',
        'series-1',
        0,
        over(view, (point) => point.echoedPerSecond),
      ),
      { ...line('bytes', 'series-3', 2, over(view, bytes)), second: true },
    ],
  };
}

function latencyChart(view: RunView, index: number): LineSpec {
  return {
    kind: 'line',
    id: `chart-latency-${index}`,
    x: timeOf([view]),
    y: timeAxis(
      `${view.figures.latencyName} time`,
      view.points.flatMap(({ p50Us, p99Us, maxUs }) => [p50Us, p99Us, maxUs]),
    ),
    bands: bandsOf(view),
    series: [
      line(
        'p50',
        'series-0',
        0,
        over(view, (point) => point.p50Us),
      ),
      line(
        'p99',
        'series-1',
        1,
        over(view, (point) => point.p99Us),
      ),
      line(
        'max',
        'series-4',
        2,
        over(view, (point) => point.maxUs),
      ),
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
    return { x: second(view, point.atUs), y: y === null ? null : Math.round(y) };
  });
}

function second(view: RunView, atUs: number): number {
  return Math.round((atUs - view.zeroUs) / 1e4) / 100;
}

/** Every phase but the steady one. */
function bandsOf(view: RunView): BandSpec[] {
  return view.run.phases
    .filter(({ phase, startUs, endUs }) => phase !== 'steady' && endUs > startUs)
    .map(({ phase, startUs, endUs }) => ({
      from: second(view, startUs),
      to: second(view, endUs),
      label: phase,
    }));
}

function throughputWords(runs: readonly RunView[]): string {
  return runs
    .map(({ name, figures }) => {
      const { sentPerSecond, receivedPerSecond } = figures.bytes;
      return `${name}: ${formatRate(figures.messages.perSecond)} messages echoed in the steady phase, ${formatBytes(sentPerSecond)}/s sent and ${formatBytes(receivedPerSecond)}/s received.`;
    })
    .join(' ');
}

function latencyWords({ figures, points }: RunView): string {
  const times = figures.latencies[figures.latencyName];
  const highest = points.reduce((most, point) => Math.max(most, point.p99Us ?? 0), 0);
  return `Over the whole steady phase p50 ${formatTime(times?.p50)}, p99 ${formatTime(times?.p99)}, max ${formatTime(times?.max)}; the highest p99 of a moment ${highest === 0 ? '–' : formatTime(highest)}.`;
}
