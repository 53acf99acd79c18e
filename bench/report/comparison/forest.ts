import { metricTitle } from '../../metrics/metrics.ts';
import { type ComparedFigure, isBetter, type VariantComparison } from '../../model/comparison.ts';
import { html, type Markup } from '../markup.ts';
import { formatEffect, formatInterval, isFound } from './effect.ts';

/** Height of a row. Title and value are above the interval, so that the plot fits a narrow screen. */
const ROW = 40;
const TOP = 6;
const MARGIN = 6;
const WIDTH = 480;
const LEFT = 28;
const RIGHT = WIDTH - 28;
/**
 * Effects beyond this limit are drawn as arrows at the edge of the plot, because they are obvious without a
 * scale.
 */
const FURTHEST = Math.log(1.6);
const NEAREST = Math.log(1.06);
const TICKS = [2, 5, 10, 20, 50];

/** A figure whose effect is known. */
type Shown = ComparedFigure & { effect: number };

/**
 * Plots a variant's effects and their intervals on a logarithmic scale, on which doubling and halving are
 * equally far from no change.
 */
export function forestPlot({ variant, figures }: VariantComparison, baseline: string): Markup {
  const shown = figures.filter((each): each is Shown => each.effect !== null);
  const reach = reachOf(shown);
  const x = (log: number) =>
    (LEFT + RIGHT) / 2 + (Math.max(-reach, Math.min(reach, log)) / reach) * ((RIGHT - LEFT) / 2);
  const bottom = TOP + shown.length * ROW;
  const title = `Effects of ${variant} compared with ${baseline}, with 95 % intervals`;
  return html`<svg class="plot effects" viewBox="0 0 ${WIDTH} ${bottom + 28}" role="img" aria-label="${title}: ${shown.map(described).join('; ')}">
<rect class="negligible" x="${x(-Math.log(1.02))}" y="${TOP}" width="${x(Math.log(1.02)) - x(-Math.log(1.02))}" height="${bottom - TOP}"/>
${ticksOf(reach).map(
  (
    log,
  ) => html`<line class="${log === 0 ? 'zero' : 'grid'}" x1="${x(log)}" y1="${TOP}" x2="${x(log)}" y2="${bottom}"/><text class="tick" x="${x(log)}" y="${bottom + 18}">${log === 0 ? 'same' : formatEffect(Math.exp(log))}</text>
`,
)}
${shown.map((figure, index) => rowOf(figure, TOP + index * ROW, x, reach))}
</svg>
`;
}

function rowOf(figure: Shown, top: number, x: (log: number) => number, reach: number): Markup {
  const y = top + 30;
  const log = Math.log(figure.effect);
  const ends = figure.interval?.map((end) => x(Math.log(end)));
  const beyond = Math.abs(log) > reach ? Math.sign(log) : 0;
  const edge = x(beyond * reach);
  const point =
    beyond === 0
      ? html`<circle cx="${x(log)}" cy="${y}" r="5"/>`
      : html`<path d="M${edge - beyond * 9} ${y - 6} L${edge} ${y} L${edge - beyond * 9} ${y + 6} Z"/>`;
  return html`<g class="${kindOf(figure)}"><text class="name" x="${MARGIN}" y="${top + 17}">${metricTitle(figure)}</text>
${ends && html`<line class="interval" x1="${ends[0]}" y1="${y}" x2="${ends[1]}" y2="${y}"/>`}${point}
<text class="effect" x="${WIDTH - MARGIN}" y="${top + 17}">${formatEffect(figure.effect)} ${isFound(figure) ? figure.verdict : ''}</text></g>
`;
}

function described(figure: ComparedFigure): string {
  return `${metricTitle(figure)} ${formatEffect(figure.effect)} (${formatInterval(figure.interval)}), ${figure.verdict}`;
}

/** Returns the half-width of the scale, which fits the widest interval but stays within bounds. */
function reachOf(figures: readonly Shown[]): number {
  const logs = figures
    .flatMap(({ interval, effect }) => interval ?? [effect])
    .map((each) => Math.abs(Math.log(each)));
  const within = logs.filter((log) => log <= FURTHEST);
  return Math.max(NEAREST, ...within) * 1.06;
}

function ticksOf(reach: number): number[] {
  const fitting = TICKS.filter((percent) => Math.log(1 + percent / 100) <= reach).slice(-2);
  const below = fitting.filter((percent) => -Math.log(1 - percent / 100) <= reach);
  return [
    ...below.map((percent) => Math.log(1 - percent / 100)),
    0,
    ...fitting.map((percent) => Math.log(1 + percent / 100)),
  ];
}

/** CSS class that gives a verdict its colour. */
export function kindOf({ verdict }: ComparedFigure): 'better' | 'worse' | 'neither' | 'unknown' {
  if (verdict === 'too few rounds') return 'unknown';
  const better = isBetter(verdict);
  return better === null ? 'neither' : better ? 'better' : 'worse';
}
