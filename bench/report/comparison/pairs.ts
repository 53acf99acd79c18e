import { metricTitle } from '../../metrics/metrics.ts';
import type { ComparedFigure, VariantComparison } from '../../model/comparison.ts';
import { formatFigure } from '../../wording/format.ts';
import { html, type Markup } from '../markup.ts';
import { formatEffect } from './effect.ts';
import { kindOf } from './forest.ts';

const WIDTH = 460;
const HEIGHT = 220;
const LEFT = 74;
const BOTTOM = HEIGHT - 34;
const TOP = 14;

/**
 * Plots one figure for each round: the baseline in grey, the variant in colour, and a line that joins the two
 * values. For two stored results, plots the runs in the order in which each result lists them.
 */
export function pairsPlot(figure: ComparedFigure, { variant }: VariantComparison, baseline: string): Markup {
  const places = placesOf(figure);
  const values = places.flatMap((each) => [each.baseline ?? [], each.variant ?? []].flat());
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = (most - least) * 0.08 || 1;
  const last = Math.max(...places.map(({ number }) => number));
  const x = (number: number) => LEFT + ((number - 0.5) / last) * (WIDTH - LEFT - 8);
  const y = (value: number) =>
    BOTTOM - ((value - least + margin) / (most - least + 2 * margin)) * (BOTTOM - TOP);
  const title = `${metricTitle(figure)} by ${figure.runs === undefined ? 'round' : 'run'}`;
  const told = places.map(
    (each) =>
      `${each.number}: ${formatFigure(each.baseline, figure.unit)} and ${formatFigure(each.variant, figure.unit)}`,
  );
  return html`<figure class="plotted"><h3>${metricTitle(figure)}: ${formatEffect(figure.effect)}</h3>
<svg class="plot pairs" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}, ${baseline} and ${variant}. ${told.join('; ')}">
${labels([least, (least + most) / 2, most], figure).map(
  ({
    value,
    text,
  }) => html`<line class="grid" x1="${LEFT}" y1="${y(value)}" x2="${WIDTH}" y2="${y(value)}"/><text class="name" x="${LEFT - 8}" y="${y(value) + 4}">${text}</text>
`,
)}
${places.map(({ number }) => html`<text class="tick" x="${x(number)}" y="${BOTTOM + 18}">${number}</text>`)}
${places.map((each) => placeMarkup(each, figure, x(each.number), y))}
</svg></figure>
`;
}

/** The two values plotted at one position on the axis, which is the number of a round or run. */
interface Place {
  number: number;
  baseline: number | null;
  variant: number | null;
}

function placesOf({ rounds, runs }: ComparedFigure): Place[] {
  if (runs === undefined) return rounds.map(({ round, ...both }) => ({ number: round, ...both }));
  const { baseline, variant } = runs;
  return Array.from({ length: Math.max(baseline.length, variant.length) }, (_, index) => ({
    number: index + 1,
    baseline: baseline[index] ?? null,
    variant: variant[index] ?? null,
  }));
}

function placeMarkup(
  { baseline, variant }: Place,
  figure: ComparedFigure,
  x: number,
  y: (value: number) => number,
): Markup {
  const isJoined = figure.runs === undefined && baseline !== null && variant !== null;
  return html`<g class="${kindOf(figure)}">${isJoined && html`<line class="joined" x1="${x}" y1="${y(baseline)}" x2="${x}" y2="${y(variant)}"/>`}${baseline !== null && html`<circle class="base" cx="${x}" cy="${y(baseline)}" r="4"/>`}${variant !== null && html`<rect x="${x - 4}" y="${y(variant) - 4}" width="8" height="8"/>`}</g>
`;
}

/** Values to label. Values with identical label text share one label. */
function labels(values: readonly number[], figure: ComparedFigure): { value: number; text: string }[] {
  const written = values.map((value) => ({ value, text: formatFigure(value, figure.unit) }));
  return written.filter(({ text }, index) => written.findIndex((each) => each.text === text) === index);
}
