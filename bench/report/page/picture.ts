import type { Choice } from './charts.ts';
import { type ChartSpec, DASHES } from './spec.ts';
import { cssColour, currentTheme, fillOf, type Theme } from './theme.ts';

const MARGIN = 16;
const LINE = 20;
const SAMPLE = 30;

/** A PNG of a chart as currently shown, with its title, finding and legend above it. */
export async function pictureOf(
  figure: Element,
  chart: HTMLCanvasElement,
  spec: ChartSpec,
  choice: Choice,
): Promise<Blob> {
  const theme = currentTheme();
  const width = chart.clientWidth;
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no canvas');
  const title = figure.querySelector('h3')?.textContent ?? '';
  const finding = figure.querySelector('.finding')?.textContent ?? '';
  pen.font = `13px ${theme.font}`;
  const lines = wrapped(pen, finding, width);
  const entries = legendOf(pen, spec, choice, width);
  const top = MARGIN + LINE * (1.5 + lines.length + (entries.at(-1)?.row ?? -1) + 1.5);
  const scale = chart.width / width;
  canvas.width = Math.round((width + 2 * MARGIN) * scale);
  canvas.height = Math.round((top + chart.clientHeight + MARGIN) * scale);
  pen.scale(scale, scale);
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = theme.text;
  pen.font = `bold 15px ${theme.font}`;
  pen.fillText(title, MARGIN, MARGIN + 12);
  pen.font = `13px ${theme.font}`;
  for (const [index, line] of lines.entries()) pen.fillText(line, MARGIN, MARGIN + 12 + LINE * (index + 1));
  for (const { x, row, index } of entries)
    drawEntry(pen, spec, index, theme, MARGIN + x, MARGIN + 18 + LINE * (lines.length + 1 + row));
  pen.drawImage(chart, MARGIN, top, width, chart.clientHeight);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png'),
  );
}

/** Lays out the legend: the horizontal position, in pixels, and the row of each visible series. */
function legendOf(
  pen: CanvasRenderingContext2D,
  { series }: ChartSpec,
  { hidden }: Choice,
  width: number,
): { index: number; x: number; row: number }[] {
  if (series.length < 2) return [];
  let x = 0;
  let row = 0;
  return series.flatMap(({ label }, index) => {
    if (hidden.has(index)) return [];
    const needed = SAMPLE + 6 + pen.measureText(label).width + 18;
    if (x > 0 && x + needed > width) {
      x = 0;
      row++;
    }
    x += needed;
    return { index, x: x - needed, row };
  });
}

function drawEntry(
  pen: CanvasRenderingContext2D,
  spec: ChartSpec,
  index: number,
  theme: Theme,
  x: number,
  y: number,
): void {
  const series = spec.series[index];
  if (series === undefined) return;
  const colour = cssColour(series.colour);
  if ('values' in series) {
    pen.fillStyle = fillOf(colour, index, theme);
    pen.fillRect(x + SAMPLE / 2, y - 10, 12, 12);
  } else {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.setLineDash([...(DASHES[series.pattern % DASHES.length] ?? [])]);
    pen.beginPath();
    pen.moveTo(x, y - 4);
    pen.lineTo(x + SAMPLE, y - 4);
    pen.stroke();
    pen.setLineDash([]);
  }
  pen.fillStyle = theme.text;
  pen.fillText(series.label, x + SAMPLE + 6, y);
}

function wrapped(pen: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`.trim();
    if (last !== undefined && pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
