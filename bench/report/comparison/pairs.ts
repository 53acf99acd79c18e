import type { ComparedFigure, VariantComparison } from '../../model/comparison.ts';
import { html, type Markup } from '../markup.ts';
import { kindOf } from './forest.ts';
import { figureTitle, formatEffect, formatFigure } from './words.ts';

const WIDTH = 460;
const HEIGHT = 220;
const LEFT = 74;
const BOTTOM = HEIGHT - 34;
const TOP = 14;

/** One figure, round by round: the baseline grey, the variant in colour, joined within each round. */
export function pairsPlot(figure: ComparedFigure, { variant }: VariantComparison, baseline: string): Markup {
  const { rounds } = figure;
  const values = rounds.flatMap((each) => [each.baseline, each.variant]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = (most - least) * 0.08 || most * 0.02;
  const last = Math.max(...rounds.map(({ round }) => round));
  const x = (round: number) => LEFT + ((round - 0.5) / last) * (WIDTH - LEFT - 8);
  const y = (value: number) =>
    BOTTOM - ((value - least + margin) / (most - least + 2 * margin)) * (BOTTOM - TOP);
  const title = `${figureTitle(figure)} by round`;
  const told = rounds.map(
    (each) =>
      `${each.round}: ${formatFigure(each.baseline, figure)} and ${formatFigure(each.variant, figure)}`,
  );
  return html`<figure class="plotted"><h3>${figureTitle(figure)}: ${formatEffect(figure.effect)}</h3>
<svg class="plot pairs" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}, ${baseline} and ${variant}. ${told.join('; ')}">
${labels([least, (least + most) / 2, most], figure).map(
  ({
    value,
    text,
  }) => html`<line class="grid" x1="${LEFT}" y1="${y(value)}" x2="${WIDTH}" y2="${y(value)}"/><text class="name" x="${LEFT - 8}" y="${y(value) + 4}">${text}</text>
`,
)}
${rounds.map(({ round }) => html`<text class="tick" x="${x(round)}" y="${BOTTOM + 18}">${round}</text>`)}
${rounds.map(
  (
    each,
  ) => html`<g class="${kindOf(figure)}"><line class="joined" x1="${x(each.round)}" y1="${y(each.baseline)}" x2="${x(each.round)}" y2="${y(each.variant)}"/><circle class="base" cx="${x(each.round)}" cy="${y(each.baseline)}" r="4"/><rect x="${x(each.round) - 4}" y="${y(each.variant) - 4}" width="8" height="8"/></g>
`,
)}
</svg></figure>
`;
}

/** Figures that lie so close that they are written alike are written once. */
function labels(values: readonly number[], figure: ComparedFigure): { value: number; text: string }[] {
  const written = values.map((value) => ({ value, text: formatFigure(value, figure) }));
  return written.filter(({ text }, index) => written.findIndex((each) => each.text === text) === index);
}
