import type { Metric } from '../../metrics/metric.ts';
import { countsFor, type FittedLaw, type Ladder, type LadderPoint } from '../../model/ladder.ts';
import type { MetricUnit } from '../../model/metric.ts';
import { mediansByLevel } from '../../stats/levels.ts';
import { throughputAt } from '../../stats/scalability.ts';
import { formatFigure } from '../../wording/format.ts';
import { levelText } from '../../wording/ladder.ts';
import { capital } from '../../wording/words.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { figureScale, levelScale, type Scale, signedScale } from '../scale.ts';
import { AXIS_TITLES, formatLevel } from './levels.ts';

/** The plot is small, so that it remains readable on a narrow screen. On a wide screen, it is enlarged. */
const WIDTH = 600;
const LEFT = 86;
const RIGHT = WIDTH - 18;
const TOP = 20;
/** Minimum distance between the labels of two levels. */
const ROOM = 60;

const HEIGHT = 270;
const LOW_HEIGHT = 200;

interface Place {
  level: number;
  value: number;
  isValid: boolean;
}

/** Plots a metric over the levels: a point for each run, and the fitted law or a line through the medians. */
export function metricPlot(ladder: Ladder, { name, title, unit }: Metric, isMain: boolean): Markup | null {
  const places = placesOf(ladder.points, name);
  if (places.length === 0) return null;
  const law = isMain ? ladder.law : null;
  const curve = law?.curve ?? [];
  const bottom = HEIGHT - 52;
  const x = scaleOfLevels(ladder, curve.at(-1)?.level);
  const y = figureScale(
    [...places.map(({ value }) => value), ...curve.map(({ high }) => high)],
    unit,
    bottom,
    TOP,
  );
  const heading = `${capital(title)} over ${AXIS_TITLES[ladder.over]}`;
  const how =
    law === null
      ? 'Each point is one run; at each level, the line passes through the median of the runs that count.'
      : 'Each point is one run. Line: the fitted law, dashed beyond the largest level. Band: its 95 % confidence interval.';
  return figure(ladder, {
    heading,
    how: html`${how}${places.some(({ isValid }) => !isValid) && ' Hollow points mark runs that do not count for this metric.'}`,
    unit,
    places,
    height: HEIGHT,
    x,
    y,
    drawn:
      law === null
        ? through(mediansByLevel(ladder.points, name), x, y)
        : html`${band(law, x, y)}${lawLines(law, ladder.levels.at(-1) ?? 1, x, y)}${peakLine(ladder, law, x, bottom)}`,
  });
}

/** Plots how much each valid run differs from the fitted law; null if no law was fitted. */
export function residualPlot(ladder: Ladder): Markup | null {
  const { law, points, metrics } = ladder;
  if (law === null) return null;
  const [lambda, sigma, kappa] = [law.lambda.value, law.sigma.value, law.kappa.value];
  const places = placesOf(points, metrics[0] ?? '')
    .filter(({ isValid }) => isValid)
    .map((each) => ({
      ...each,
      value: each.value / throughputAt({ lambda, sigma, kappa }, each.level) - 1,
    }));
  const x = scaleOfLevels(ladder, law.curve.at(-1)?.level);
  const y = signedScale(
    places.map(({ value }) => value),
    LOW_HEIGHT - 52,
    TOP,
  );
  return figure(ladder, {
    heading: 'Residuals',
    how: 'Measured ÷ fitted − 1, for each run that was used for the fit. If the points of neighbouring levels lie on the same side of the line, the law does not describe this system well.',
    unit: 'share',
    places,
    height: LOW_HEIGHT,
    x,
    y,
    drawn: html`<line class="zero" x1="${LEFT}" y1="${y.at(0)}" x2="${RIGHT}" y2="${y.at(0)}"/>`,
  });
}

function placesOf(points: readonly LadderPoint[], name: string): Place[] {
  const places = points.flatMap((point) => {
    const value = point.figures[name] ?? null;
    return value === null ? [] : [{ level: point.level, value, isValid: countsFor(point, name) }];
  });
  // Hollow points are drawn last, so that no other point covers them.
  return places.toSorted((a, b) => Number(b.isValid) - Number(a.isValid));
}

function scaleOfLevels({ levels }: Ladder, end = levels.at(-1) ?? 1): Scale {
  return levelScale(levels, end, { from: LEFT, to: RIGHT, room: ROOM });
}

interface Plot {
  heading: string;
  how: Content;
  unit: MetricUnit;
  places: readonly Place[];
  height: number;
  x: Scale;
  y: Scale;
  /** Markup drawn behind the points. */
  drawn: Markup;
}

function figure({ over }: Ladder, { heading, how, unit, places, height, x, y, drawn }: Plot): Markup {
  const bottom = height - 52;
  const told = places.map(
    ({ level, value, isValid }) =>
      `${levelText(over, level)}: ${formatFigure(value, unit)}${isValid ? '' : ', not valid'}`,
  );
  return html`<figure class="plotted"><h3>${heading}</h3><p class="how">${how}</p>
<svg class="plot levels" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${heading}. ${told.join('; ')}">
${x.ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="${x.at(tick)}" y1="${TOP}" x2="${x.at(tick)}" y2="${bottom}"/><text class="tick" x="${x.at(tick)}" y="${bottom + 18}">${formatLevel(over, tick)}</text>
`,
)}${y.ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="${LEFT}" y1="${y.at(tick)}" x2="${RIGHT}" y2="${y.at(tick)}"/><text class="name" x="${LEFT - 8}" y="${y.at(tick) + 4}">${formatFigure(tick, unit)}</text>
`,
)}
<g class="neither">${drawn}
${places.map(({ level, value, isValid }) => html`<g${!isValid && html` class="hollow"`}><circle cx="${x.at(level)}" cy="${y.at(value)}" r="5"/></g>`)}</g>
<text class="tick" x="${(LEFT + RIGHT) / 2}" y="${height - 8}">${AXIS_TITLES[over]}</text>
</svg></figure>
`;
}

type At = readonly [x: number, y: number];

function pathOf(points: readonly At[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ');
}

function through(medians: readonly { level: number; value: number }[], x: Scale, y: Scale): Markup {
  return html`<path class="through" d="${pathOf(medians.map(({ level, value }) => [x.at(level), y.at(value)]))}"/>`;
}

function band({ curve }: FittedLaw, x: Scale, y: Scale): Markup {
  const above = curve.map(({ level, high }): At => [x.at(level), y.at(high)]);
  const below = curve.map(({ level, low }): At => [x.at(level), y.at(low)]);
  return html`<path class="band" d="${pathOf([...above, ...below.toReversed()])} Z"/>`;
}

/** The fitted curve, with the part beyond the largest level dashed. */
function lawLines({ curve }: FittedLaw, largest: number, x: Scale, y: Scale): Markup {
  const at = curve.map(({ level, value }): At => [x.at(level), y.at(value)]);
  const within = curve.filter(({ level }) => level <= largest).length;
  return html`<path class="law" d="${pathOf(at.slice(0, within + 1))}"/><path class="law beyond" d="${pathOf(at.slice(within))}"/>`;
}

function peakLine({ over }: Ladder, { peak, kappa }: FittedLaw, x: Scale, bottom: number): Markup | false {
  if (peak === null || kappa.low <= 0) return false;
  return html`<line class="zero" x1="${x.at(peak)}" y1="${TOP}" x2="${x.at(peak)}" y2="${bottom}"/><text class="tick" x="${x.at(peak)}" y="${TOP - 6}">maximum: ${formatLevel(over, peak)}</text>`;
}
