import { Chart } from 'chart.js';
import { type Choice, configOf, firstChoice } from './charts.ts';
import { csvOf } from './csv.ts';
import { pictureOf } from './picture.ts';
import type { ChartSpec } from './spec.ts';
import { dataTable } from './table.ts';
import { currentTheme } from './theme.ts';

/**
 * One figure of the page: its controls and its chart, which is redrawn whenever the user selects something.
 */
export interface Panel {
  canvas: HTMLCanvasElement;
  /** Draws the chart in the current colours, unless it is hidden in a closed section. */
  draw: () => void;
}

/** Makes a chart's figure interactive; returns null if the page has no element for the chart. */
export function panelOf(spec: ChartSpec): Panel | null {
  const canvas = document.getElementById(spec.id);
  const figure = canvas?.closest('figure');
  if (!(canvas instanceof HTMLCanvasElement) || !figure) return null;
  let choice: Choice = firstChoice(spec);
  let chart: Chart<'line' | 'bar', unknown, unknown> | null = null;

  const draw = (): void => {
    chart?.destroy();
    chart = canvas.checkVisibility() ? new Chart(canvas, configOf(spec, currentTheme(), choice)) : null;
  };
  const choose = (changes: Partial<Choice>): void => {
    choice = { ...choice, ...changes };
    showChoice(figure, spec, choice);
    draw();
  };

  figure.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button === null) return;
    const { series, do: action } = button.dataset;
    if (series !== undefined) choose({ hidden: toggled(choice.hidden, Number(series)) });
    if (action === 'logarithmic') choose({ logarithmic: !choice.logarithmic });
    if (action === 'whole') choose({ range: null });
    if (action === 'csv') give(figure, spec.id, 'csv', new Blob([csvOf(spec)], { type: 'text/plain' }));
    if (action === 'png')
      pictureOf(figure, canvas, spec, choice).then((png) => give(figure, spec.id, 'png', png));
  });
  figure.addEventListener('change', () => choose({ range: typedRange(figure, spec) }));
  if (spec.kind === 'line' && spec.x.unit === 'seconds') {
    dragToZoom(canvas, (from, to) => {
      const x = chart?.scales.x;
      if (x === undefined) return;
      const [a, b] = [from, to].map((pixel) => Math.round((x.getValueForPixel(pixel) ?? 0) * 10) / 10);
      choose({ range: within(spec, a, b) });
    });
  }
  const data = figure.querySelector('details.data');
  data?.addEventListener('toggle', () => data.append(dataTable(spec, `${titleOf(figure)}: the data`)), {
    once: true,
  });
  return { canvas, draw };
}

function titleOf(figure: Element): string {
  return figure.querySelector('h3')?.textContent ?? '';
}

function toggled(hidden: ReadonlySet<number>, series: number): ReadonlySet<number> {
  return hidden.has(series)
    ? new Set([...hidden].filter((each) => each !== series))
    : new Set([...hidden, series]);
}

/** Updates the controls to show the current selection. */
function showChoice(figure: Element, spec: ChartSpec, { hidden, logarithmic, range }: Choice): void {
  for (const button of figure.querySelectorAll('button')) {
    const { series, do: action } = button.dataset;
    if (series !== undefined) button.ariaPressed = String(!hidden.has(Number(series)));
    if (action === 'logarithmic') button.ariaPressed = String(logarithmic);
    if (action === 'whole') button.disabled = range === null;
  }
  const [from, to] = range ?? [spec.x.min ?? 0, spec.x.max ?? 0];
  for (const input of figure.querySelectorAll('input'))
    input.value = String(input.dataset.bound === 'from' ? from : to);
}

function typedRange(figure: Element, spec: ChartSpec): Choice['range'] {
  const [from, to] = ['from', 'to'].map((bound) => {
    const input = figure.querySelector<HTMLInputElement>(`input[data-bound=${bound}]`);
    return input === null ? Number.NaN : input.valueAsNumber;
  });
  return within(spec, from, to);
}

/**
 * Returns the range between two positions, in ascending order and limited to the axis; null if the range is
 * empty or covers the whole axis.
 */
function within({ x }: ChartSpec, a = Number.NaN, b = Number.NaN): Choice['range'] {
  const [least, most] = [x.min ?? 0, x.max ?? 0];
  const [from, to] = [Math.max(least, Math.min(a, b)), Math.min(most, Math.max(a, b))];
  return from < to && (from > least || to < most) ? [from, to] : null;
}

/** Minimum length of a drag; a shorter one counts as a click. */
const LEAST_PIXELS = 8;

/** Shades a range while the user drags across the chart, then calls `zoom` with both ends, in canvas pixels. */
function dragToZoom(canvas: HTMLCanvasElement, zoom: (from: number, to: number) => void): void {
  const shade = document.createElement('div');
  shade.className = 'dragged';
  let start: number | null = null;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0) return;
    start = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', ({ offsetX }) => {
    if (start === null) return;
    shade.style.left = `${Math.min(start, offsetX)}px`;
    shade.style.width = `${Math.abs(offsetX - start)}px`;
    canvas.after(shade);
  });
  canvas.addEventListener('pointercancel', () => {
    start = null;
    shade.remove();
  });
  canvas.addEventListener('pointerup', ({ offsetX }) => {
    shade.remove();
    if (start !== null && Math.abs(offsetX - start) >= LEAST_PIXELS) zoom(start, offsetX);
    start = null;
  });
}

/** Formats in which a chart can be copied. */
type Kind = 'png' | 'csv';

const NAMES: Record<Kind, string> = { png: 'Picture', csv: 'Data' };

/** Copies data to the clipboard, or saves it as a file if the browser does not allow copying. */
async function give(figure: Element, name: string, kind: Kind, data: Blob): Promise<void> {
  const told = figure.querySelector('.told');
  const say = (text: string): void => {
    if (told !== null) told.textContent = text;
  };
  try {
    await navigator.clipboard.write([new ClipboardItem({ [data.type]: data })]);
    say(`${NAMES[kind]} copied to the clipboard.`);
  } catch {
    save(`${name}.${kind}`, data);
    say(`${NAMES[kind]} saved as ${name}.${kind}, because this browser does not allow copying it.`);
  }
}

function save(file: string, data: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}
