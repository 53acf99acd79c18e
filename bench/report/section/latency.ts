import { logBins, percentileCurve } from '../../measure/distribution.ts';
import { timeAxis } from '../axis.ts';
import { chartFigure } from '../figure.ts';
import { html } from '../markup.ts';
import { formatTime } from '../page/format.ts';
import type { LineSpec, SeriesSpec } from '../page/spec.ts';
import { latencyTitle, type RunView, type Section, type View } from '../view.ts';
import { timesTable } from './times.ts';

/** Latency by percentile, as a histogram, and in full. */
export function latency({ runs }: View): Section {
  const percentiles = percentileChart(runs);
  const histogram = histogramChart(runs);
  const title = latencyTitle(runs);
  const described = runs.map(describe).join(' ');
  return {
    id: 'latency',
    title: 'Latency',
    charts: [percentiles, histogram],
    body: html`<p>${explanation(runs)}</p>
${chartFigure(percentiles, `${title} by percentile`, described, html`How to read it: at 99 % stands the time within which 99 of 100 messages came back. Each step to the right is ten times rarer. A line that stays flat is a system that answers evenly; a knee is where something stalls. A line ends where fewer than ten samples stand beyond it.`)}
${chartFigure(histogram, `Histogram of the ${title.toLowerCase()}`, described, html`How to read it: the height is the share of all messages that took about this long; both axes belong to all runs. Two humps mean two ways through the system.`)}
${timesTable('Latencies in full', 'Time', runs, kindsOf)}`,
  };
}

function explanation(runs: readonly RunView[]): string {
  const open = runs.some(({ run }) => run.plan.workload.load.kind === 'open');
  return open
    ? 'Response time counts from the moment at which the schedule said that a message goes out, so that a stall shows in every message that it held back. Service time counts from the actual send; send lag is what lies between, and is the generator’s own.'
    : 'In a closed loop a connection sends its next message when the echo of the last has come: service time is the only latency that it has, and how a system would answer a load that does not wait for it, it cannot tell. An open loop (--rate) can.';
}

function percentileChart(runs: readonly RunView[]): LineSpec {
  const series = runs.map((view) =>
    seriesOf(
      view,
      percentileCurve(view.latency).map(({ x, valueUs }) => ({
        x: Number(x.toPrecision(6)),
        y: Math.max(1, valueUs),
      })),
    ),
  );
  const furthest = series.reduce((most, { points }) => Math.max(most, points.at(-1)?.x ?? 1), 10);
  const decades = Math.ceil(Math.log10(furthest) - 1e-9);
  return {
    kind: 'line',
    id: 'chart-percentiles',
    x: {
      title: 'percentile',
      unit: 'percentile',
      logarithmic: true,
      ticks: [2, ...Array.from({ length: decades }, (_, index) => 10 ** (index + 1))],
      min: 1,
      max: 10 ** decades,
    },
    y: timeAxis(latencyTitle(runs).toLowerCase(), valuesOf(series, 'y')),
    series,
  };
}

function histogramChart(runs: readonly RunView[]): LineSpec {
  const series = runs.map((view) => {
    const bins = logBins(view.latency);
    const share = (count: number): number => count / view.latency.totalCount;
    const points = bins.map(({ fromUs, count }) => ({ x: round(fromUs), y: share(count) }));
    const [first] = bins;
    const last = bins.at(-1);
    const edges =
      first && last ? [{ x: round(first.fromUs), y: 0 }, ...points, { x: round(last.toUs), y: 0 }] : points;
    return { ...seriesOf(view, edges), stepped: true, filled: runs.length === 1 };
  });
  return {
    kind: 'line',
    id: 'chart-histogram',
    x: timeAxis(latencyTitle(runs).toLowerCase(), valuesOf(series, 'x')),
    y: { title: 'share of messages', unit: 'share' },
    series,
  };
}

function valuesOf(series: readonly SeriesSpec[], which: 'x' | 'y'): (number | null)[] {
  return series.flatMap(({ points }) => points.map((point) => point[which]));
}

function round(us: number): number {
  return Number(us.toPrecision(4));
}

function seriesOf({ name, colour, pattern }: RunView, points: SeriesSpec['points']): SeriesSpec {
  return { label: name, colour, pattern, points };
}

/** The figures of the charts in words. */
function describe({ name, figures }: RunView): string {
  const times = figures.latencies[figures.latencyName];
  return `${name}: p50 ${formatTime(times?.p50)}, p90 ${formatTime(times?.p90)}, p99 ${formatTime(times?.p99)}, p99.9 ${formatTime(times?.p999)}, max ${formatTime(times?.max)}.`;
}

function kindsOf({ figures }: RunView) {
  const { response, service, sendLag } = figures.latencies;
  return [
    ['response', response],
    ['service', service],
    ['send lag', sendLag],
  ] as const;
}
