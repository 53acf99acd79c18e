import { metricTitle } from '../metrics/metrics.ts';
import { formatEffect } from '../report/comparison/effect.ts';
import { html, type Markup } from '../report/markup.ts';
import { formatFigure } from '../wording/format.ts';
import type { Trend } from './series.ts';
import { directionOf, isChanged } from './series-text.ts';

const WIDTH = 180;
const HEIGHT = 40;
const MARGIN = 5;
/** Maximum number of points. If there were more, they would touch. */
const MOST_POINTS = 40;
/**
 * The scale covers at least this ratio around the middle, so that one per cent of noise does not look like a
 * large change.
 */
const LEAST_RATIO = 1.1;

/** Draws a trend as a line without axes, with a text description; null if there is only one point. */
export function sparkline(trend: Trend): Markup | null {
  if (trend.points.length < 2) return null;
  const points = trend.points.slice(-MOST_POINTS);
  const values = points.flatMap(({ value }) => value ?? []);
  const { x, y } = scales(points.length, values);
  const line = points.flatMap(({ value }, at) => (value === null ? [] : [`${x(at)},${y(value)}`])).join(' ');
  const changes = points.flatMap((point, at) =>
    isChanged(point)
      ? [
          html`<circle class="${directionOf(trend.figure, point.standing.ratio)}" cx="${x(at)}" cy="${y(point.value)}" r="3.5"/>`,
        ]
      : [],
  );
  const last = points.findLastIndex(({ value }) => value !== null);
  const end = points[last]?.value ?? null;
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description(trend, values)}">
<polyline points="${line}"/>${end !== null && html`<circle class="end" cx="${x(last)}" cy="${y(end)}" r="2.5"/>`}${changes}
</svg>`;
}

function scales(count: number, values: readonly number[]) {
  const logarithms = values.map((value) => Math.log(value));
  const [low, high] = [Math.min(...logarithms), Math.max(...logarithms)];
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, Math.log(LEAST_RATIO) / 2);
  const round = (place: number) => Math.round(place * 10) / 10;
  const [width, height] = [WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN];
  return {
    x: (at: number) => round(MARGIN + (width * at) / (count - 1)),
    y: (value: number) => round(MARGIN + height / 2 - ((Math.log(value) - middle) / half) * (height / 2)),
  };
}

function description({ figure, points }: Trend, values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const changes = points.slice(-MOST_POINTS).filter(isChanged);
  const marked = changes.map(({ standing }) => formatEffect(standing.ratio)).join(', ');
  const range = `${values.length} runs, ${formatFigure(low, figure.unit)} to ${formatFigure(high, figure.unit)}`;
  return `${metricTitle(figure)}: ${range}${marked === '' ? '' : `; changes: ${marked}`}`;
}
