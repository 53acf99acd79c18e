import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from 'chart.js';
import { configOf } from './charts.ts';
import type { ChartSpec } from './spec.ts';
import { currentTheme } from './theme.ts';

// What is not named here is not in the page.
Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
);

/** Draws every chart, and again when the colours change: another scheme, or paper. */
function start(): void {
  // Without this script the page has tables only; the style sheet shows the charts from here on.
  document.documentElement.classList.add('drawn');
  const specs: ChartSpec[] = JSON.parse(document.getElementById('charts')?.textContent ?? '[]');
  let charts = drawAll(specs);
  const redraw = (): void => {
    for (const chart of charts) chart.destroy();
    charts = drawAll(specs);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  matchMedia('print').addEventListener('change', redraw);
}

function drawAll(specs: readonly ChartSpec[]): Chart<'line' | 'bar', unknown, unknown>[] {
  const theme = currentTheme();
  return specs.flatMap((spec) => {
    const canvas = document.getElementById(spec.id);
    return canvas instanceof HTMLCanvasElement ? [new Chart(canvas, configOf(spec, theme))] : [];
  });
}

start();
