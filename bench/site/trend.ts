import { metricTitle } from '../metrics/metrics.ts';
import { PROXY } from '../model/proxy.ts';
import { formatEffect } from '../report/comparison/effect.ts';
import { html, type Markup } from '../report/markup.ts';
import { formatFigure } from '../wording/format.ts';
import { capital } from '../wording/words.ts';
import type { Standing } from './changes.ts';
import type { Point, Trend, TrendMetric } from './series.ts';
import { directionOf, trendSentence } from './series-text.ts';
import { dateText } from './time.ts';

const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 82;
const RIGHT = 16;
const TOP = 18;
const BOTTOM = 34;
/**
 * Maximum number of points. If there were more, they would touch; the table below the chart lists all of
 * them.
 */
const MOST_POINTS = 120;
const MOST_TICKS = 5;

/**
 * Minimum space above and below the line, as a share of the value, so that one per cent of noise does not
 * look like a large change.
 */
const LEAST_ROOM = 0.04;

/**
 * Draws a trend with axes, the band against which each point is judged, and a link from each point to its
 * report. Null if there is only one point, which shows no trend.
 */
export function trendChart(trend: Trend): Markup | null {
  const { figure } = trend;
  if (trend.points.length < 2) return null;
  const points = trend.points.slice(-MOST_POINTS);
  const scale = makeScale(points, figure.unit === 'bytes' ? 1024 : 1);
  const line = points.flatMap(({ value }, at) =>
    value === null ? [] : [`${scale.x(at)},${scale.y(value)}`],
  );
  return html`<figure class="trend">
<div class="scroll" role="region" aria-label="${capital(metricTitle(figure))} over time" tabindex="0">
<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${trendSentence(trend)}">
${scale.ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${scale.y(tick)}" y2="${scale.y(tick)}"/><text class="tick value" x="${LEFT - 8}" y="${scale.y(tick) + 4}">${formatFigure(tick, figure.unit)}</text>
`,
)}${versionLines(points, scale)}${points.map(({ standing }, at) => bandMarkup(standing, at, scale))}
<polyline class="line" points="${line.join(' ')}"/>
${points.map((point, at) => pointMarkup(figure, point, at, scale))}
${dateLabels(points, scale)}</svg>
</div>
</figure>
`;
}

interface Scale {
  x(at: number): number;
  y(value: number): number;
  /** Half of the distance between two neighbouring points. */
  half: number;
  ticks: readonly number[];
}

/** @param unit the unit in which tick values are round numbers */
function makeScale(points: readonly Point[], unit: number): Scale {
  const values = points.flatMap(({ value, standing }) => [
    ...(value === null ? [] : [value]),
    ...('band' in standing ? [standing.band.low, standing.band.high] : []),
  ]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((most - least) * 0.06, most * LEAST_ROOM);
  const [low, high] = [Math.max(0, least - room), most + room];
  const round = (place: number) => Math.round(place * 10) / 10;
  const step = (WIDTH - LEFT - RIGHT) / points.length;
  return {
    x: (at) => round(LEFT + step * (at + 0.5)),
    y: (value) => round(TOP + (HEIGHT - TOP - BOTTOM) * ((high - value) / (high - low))),
    half: step / 2,
    ticks: ticksBetween(low / unit, high / unit).map((tick) => tick * unit),
  };
}

/** Returns ticks at multiples of 1, 2 or 5 times a power of ten. */
function ticksBetween(low: number, high: number): number[] {
  const least = (high - low) / MOST_TICKS;
  const decade = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((lead) => lead * decade >= least) ?? 10) * decade;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

function bandMarkup(standing: Standing, at: number, { x, y, half }: Scale): Markup | null {
  if (!('band' in standing)) return null;
  const { low, high, centre } = standing.band;
  const [left, width] = [Math.round((x(at) - half) * 10) / 10, Math.round(half * 20) / 10];
  return html`<rect class="within" x="${left}" y="${y(high)}" width="${width}" height="${y(low) - y(high)}"/><line class="centre" x1="${left}" x2="${left + width}" y1="${y(centre)}" y2="${y(centre)}"/>
`;
}

function pointMarkup(figure: TrendMetric, point: Point, at: number, { x, y }: Scale): Markup {
  const { answer, value, standing } = point;
  const text = `${dateText(answer.startedAt)}: ${pointText(figure, point)}`;
  const mark =
    value === null
      ? html`<path class="uncounted" d="M${x(at) - 4} ${HEIGHT - BOTTOM - 8}l8 8m0 -8l-8 8"/>`
      : standing.kind === 'change'
        ? html`<path class="${standing.lasting === false ? 'alone' : directionOf(figure, standing.ratio)}" d="M${x(at)} ${y(value) - 7}l7 7l-7 7l-7 -7z"/>`
        : html`<circle class="point" cx="${x(at)}" cy="${y(value)}" r="3.5"/>`;
  return html`<a href="../results/${encodeURIComponent(answer.folder)}/report.html" aria-label="${text}"><title>${text}</title>${mark}</a>
`;
}

/** Describes a point's value and how it compares with earlier ones. */
export function pointText(figure: TrendMetric, { value, doubt, standing }: Point): string {
  if (value === null) return doubt === null ? 'not measured' : `not counted: ${doubt.text}`;
  const text = formatFigure(value, figure.unit);
  if (standing.kind !== 'change') return text;
  const effect = formatEffect(standing.ratio);
  return `${text}, ${effect} ${standing.lasting === false ? 'once only' : directionOf(figure, standing.ratio)}`;
}

/** Draws a line wherever the Nginx version changes. */
function versionLines(points: readonly Point[], { x, half }: Scale): (Markup | null)[] {
  const versions = points.map(({ answer }) => answer.runs[0]?.nginx);
  return versions.map((version, at) => {
    if (at === 0 || version == null || version === versions[at - 1]) return null;
    const place = Math.round((x(at) - half) * 10) / 10;
    return html`<line class="zero" x1="${place}" x2="${place}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="tick version" x="${place + 4}" y="${TOP + 8}">${PROXY} ${version}</text>
`;
  });
}

function dateLabels(points: readonly Point[], { x }: Scale): (Markup | null)[] {
  const places = new Set([0, Math.floor((points.length - 1) / 2), points.length - 1]);
  return [...places].map((at) => {
    const point = points[at];
    if (point === undefined) return null;
    const end = places.size > 1 && at === points.length - 1 ? ' last' : at === 0 ? ' first' : '';
    return html`<text class="tick${end}" x="${x(at)}" y="${HEIGHT - 10}">${dateText(point.answer.startedAt)}</text>
`;
  });
}
