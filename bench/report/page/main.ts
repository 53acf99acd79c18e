import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from 'chart.js';
import { type Panel, panelOf } from './panel.ts';
import type { ChartSpec } from './spec.ts';

// Registers the chart.js components that the report uses. The bundle leaves out all others.
Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
);

/**
 * Draws every chart. Redraws a chart when the colours change (to another scheme, or for print) or when a
 * collapsed element that contains it is opened.
 */
function start(): void {
  // Without this script, the page shows only tables. This class makes the style sheet show the charts.
  document.documentElement.classList.add('drawn');
  const specs: ChartSpec[] = JSON.parse(document.getElementById('charts')?.textContent ?? '[]');
  const panels = specs.flatMap((spec) => panelOf(spec) ?? []);
  const drawAll = (): void => {
    for (const { draw } of panels) draw();
  };
  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  matchMedia('print').addEventListener('change', drawAll);
  // `toggle` events do not bubble, so they are handled in the capture phase.
  document.addEventListener('toggle', ({ target }) => redrawWithin(target, panels), true);
  document.addEventListener('click', ({ target }) => {
    if (target instanceof Element) reveal(target.closest<HTMLAnchorElement>('a[href^="#"]')?.hash);
  });
  addEventListener('hashchange', () => reveal(location.hash));
  addEventListener('load', () => reveal(location.hash));
}

/** Opens the section that a link points to, and all sections that contain the link's target. */
function reveal(hash = ''): void {
  const place = document.getElementById(hash.slice(1));
  let opened = false;
  let at = place?.querySelector(':scope > details') ?? place;
  for (; at; at = at.parentElement) {
    if (!(at instanceof HTMLDetailsElement) || at.open) continue;
    at.open = true;
    opened = true;
  }
  // Scrolls again, because the browser scrolled before the opened section had its full height.
  if (opened) place?.scrollIntoView();
}

function redrawWithin(opened: EventTarget | null, panels: readonly Panel[]): void {
  if (!(opened instanceof HTMLDetailsElement)) return;
  for (const { canvas, draw } of panels) if (opened.contains(canvas)) draw();
}

start();
