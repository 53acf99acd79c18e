import { logBins, percentileCurve } from '../../measure/distribution.ts';
import { timeAxis } from '../axis.ts';
import type { LineSpec, SeriesSpec } from '../page/spec.ts';
import type { RunView } from '../view.ts';

const TITLE = 'response time';

/** The parts of a run that are needed to draw its curve. */
export type CurveView = Pick<RunView, 'name' | 'colour' | 'pattern' | 'times'>;

/** Chart of response time by percentile, for all runs. */
export function percentileChart(runs: readonly CurveView[]): LineSpec {
  const series = runs.map((view) =>
    seriesOf(
      view,
      percentileCurve(view.times).map(({ x, valueUs }) => ({
        x: Number(x.toPrecision(6)),
        y: Math.max(1, valueUs),
      })),
    ),
  );
  const furthest = Math.max(10, ...series.flatMap(({ points }) => points.map(({ x }) => x)));
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
    y: timeAxis(TITLE, valuesOf(series, 'y')),
    series,
  };
}

/** Chart of the share of messages by response time, for all runs. */
export function histogramChart(runs: readonly RunView[]): LineSpec {
  const series = runs.map((view) => {
    const bins = logBins(view.times);
    const share = (count: number): number => count / view.times.totalCount;
    const points = bins.map(({ fromUs, count }) => ({ x: round(fromUs), y: share(count) }));
    const edges = [
      ...bins.slice(0, 1).map(({ fromUs }) => ({ x: round(fromUs), y: 0 })),
      ...points,
      ...bins.slice(-1).map(({ toUs }) => ({ x: round(toUs), y: 0 })),
    ];
    return { ...seriesOf(view, edges), stepped: true, filled: runs.length === 1 };
  });
  return {
    kind: 'line',
    id: 'chart-histogram',
    x: timeAxis(TITLE, valuesOf(series, 'x')),
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

function seriesOf({ name, colour, pattern }: CurveView, points: SeriesSpec['points']): SeriesSpec {
  return { label: name, colour, pattern, points };
}
