import { printable } from '../model/printable.ts';
import { formatEffect } from '../report/comparison/effect.ts';
import { html } from '../report/markup.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { formatFigure } from '../wording/format.ts';
import type { Series, Trend } from './series.ts';
import { directionOf, newestOf } from './series-text.ts';

const COLOURS = { better: '#17693b', worse: '#a3202d', same: '#1d5fbf', none: '#586374' } as const;

/**
 * Creates an image for a README. It shows the newest value of a series, in green or red if the value has just
 * changed.
 */
export function badgeSvg(series: Series): string {
  // The first metric listed for a step is its main one.
  const main = SCENARIOS.flatMap(({ listed }) => listed).find(({ step }) => step === series.step);
  const trend = series.trends.find(({ figure }) => figure.name === main?.name);
  const what = (trend && main?.label.trim()) || series.step;
  const left = shortened(xmlText(`${series.variant} ${what}`));
  const { text, colour } = stateOf(trend);
  const [leftWidth, rightWidth] = [widthOf(left), widthOf(text)];
  const width = leftWidth + rightWidth;
  const label = (words: string, from: number, room: number) =>
    html`<text x="${from + room / 2}" y="14" textLength="${room - 12}" lengthAdjust="spacingAndGlyphs">${words}</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${left}: ${text}">
<title>${left}: ${text}</title>
<clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="${leftWidth}" height="20" fill="#3b4554"/><rect x="${leftWidth}" width="${rightWidth}" height="20" fill="${COLOURS[colour]}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${label(left, 0, leftWidth)}${label(text, leftWidth, rightWidth)}</g>
</svg>
`.markup;
}

function stateOf(trend: Trend | undefined): { text: string; colour: keyof typeof COLOURS } {
  const newest = trend === undefined ? null : newestOf(trend);
  if (trend === undefined || newest === null) return { text: 'no usable run', colour: 'none' };
  const { value, standing } = newest;
  const text = formatFigure(value, trend.figure.unit);
  if (standing.kind !== 'change') return { text, colour: standing.kind === 'same' ? 'same' : 'none' };
  return {
    text: `${text} (${formatEffect(standing.ratio)})`,
    colour: directionOf(trend.figure, standing.ratio),
  };
}

/** Estimates the width of text at 11 px. The browser then scales the text to exactly this width. */
function widthOf(text: string): number {
  return Math.round([...text].length * 6.6) + 12;
}

function shortened(text: string): string {
  const signs = [...text];
  return signs.length <= 40 ? text : `${signs.slice(0, 39).join('')}…`;
}

/** Removes characters that XML 1.0 section 2.2 does not allow. The text is escaped later. */
export function xmlText(text: string): string {
  return printable(text).replace(/[\ufffe\uffff]/g, ' ');
}
