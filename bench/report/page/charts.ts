import type { Chart, ChartConfiguration, ChartDataset, Plugin } from 'chart.js';
import { formatFigure } from '../../wording/format.ts';
import { rescaled, scaleOf } from './axes.ts';
import { type AxisSpec, type BandSpec, type BarSpec, type ChartSpec, DASHES, type LineSpec } from './spec.ts';
import { cssColour, fillOf, POINTS, type Theme } from './theme.ts';

type Config = ChartConfiguration<'line' | 'bar', ({ x: number; y: number | null } | number | null)[], string>;
type Dataset = ChartDataset<'line' | 'bar', ({ x: number; y: number | null } | number | null)[]>;

/** The user's selection in a chart. */
export interface Choice {
  /** Indexes of the hidden series. */
  hidden: ReadonlySet<number>;
  logarithmic: boolean;
  /** The visible part of the horizontal axis; null if all of it is visible. */
  range: readonly [from: number, to: number] | null;
}

/** The default selection, which a chart shows before the user selects anything. */
export function firstChoice(spec: ChartSpec): Choice {
  return {
    hidden: new Set(),
    logarithmic: spec.kind === 'line' && (spec.y.logarithmic ?? false),
    range: null,
  };
}

/** The complete chart.js configuration of a chart, in the theme's colours. */
export function configOf(spec: ChartSpec, theme: Theme, choice: Choice): Config {
  return spec.kind === 'line'
    ? lineConfig(chosen(spec, choice), theme, choice)
    : barConfig(spec, theme, choice);
}

function chosen(spec: LineSpec, { logarithmic, range }: Choice): LineSpec {
  const y = rescaled(spec.y, logarithmic);
  // A logarithmic axis cannot show 0.
  const series = logarithmic
    ? spec.series.map((each) =>
        each.second
          ? each
          : { ...each, points: each.points.map((p) => ((p.y ?? 0) > 0 ? p : { ...p, y: null })) },
      )
    : spec.series;
  const x = range === null ? spec.x : { ...spec.x, min: range[0], max: range[1] };
  return { ...spec, x, y, series };
}

function lineConfig(spec: LineSpec, theme: Theme, { hidden }: Choice): Config {
  const axisOf = (index: number): AxisSpec => (spec.series[index]?.second && spec.y2 ? spec.y2 : spec.y);
  return {
    type: 'line',
    data: {
      datasets: spec.series.map((series, index) => ({ ...lineDataset(series), hidden: hidden.has(index) })),
    },
    options: {
      ...commonOptions(theme),
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: scaleOf(spec.x, theme, 'bottom'),
        y: scaleOf(spec.y, theme, 'left'),
        ...(spec.y2 === undefined ? {} : { y2: scaleOf(spec.y2, theme, 'right') }),
      },
      plugins: {
        tooltip: {
          ...tooltipStyle(theme),
          callbacks: {
            title: (items) => formatFigure(items[0]?.parsed.x ?? 0, spec.x.unit),
            label: (item) =>
              `${item.dataset.label ?? ''}: ${formatFigure(item.parsed.y ?? 0, axisOf(item.datasetIndex).unit)}`,
          },
        },
      },
    },
    plugins: [bands(spec.bands ?? [], theme)],
  };
}

function lineDataset(series: LineSpec['series'][number]): Dataset {
  const colour = cssColour(series.colour);
  const few = series.points.length <= 15;
  return {
    label: series.label,
    data: series.points,
    yAxisID: series.second ? 'y2' : 'y',
    borderColor: colour,
    backgroundColor: series.filled ? `color-mix(in srgb, ${colour} 22%, transparent)` : colour,
    borderWidth: 2,
    borderDash: [...(DASHES[series.pattern % DASHES.length] ?? [])],
    pointStyle: POINTS[series.pattern % POINTS.length] ?? 'circle',
    pointRadius: few ? 3 : 0,
    pointHoverRadius: 5,
    stepped: series.stepped ?? false,
    fill: series.filled ? 'origin' : false,
    tension: 0,
    spanGaps: false,
  };
}

function barConfig(spec: BarSpec, theme: Theme, { hidden }: Choice): Config {
  return {
    type: 'bar',
    data: {
      labels: spec.names,
      datasets: spec.series.map((series, index) => ({
        label: series.label,
        data: series.values,
        hidden: hidden.has(index),
        backgroundColor: fillOf(cssColour(series.colour), index, theme),
        borderColor: theme.surface,
        borderWidth: 1,
        borderRadius: 3,
        maxBarThickness: 26,
      })),
    },
    options: {
      ...commonOptions(theme),
      indexAxis: 'y',
      interaction: { mode: 'index', axis: 'y', intersect: false },
      scales: {
        x: { ...scaleOf(spec.x, theme, 'bottom'), stacked: spec.stacked },
        y: { ...scaleOf(spec.y, theme, 'left'), stacked: spec.stacked, grid: { display: false } },
      },
      plugins: {
        tooltip: {
          ...tooltipStyle(theme),
          callbacks: {
            label: (item) => `${item.dataset.label ?? ''}: ${formatFigure(item.parsed.x ?? 0, spec.x.unit)}`,
          },
        },
      },
    },
  };
}

function commonOptions(theme: Theme): NonNullable<Config['options']> {
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    color: theme.text,
    font: { family: theme.font },
  };
}

function tooltipStyle(theme: Theme) {
  return {
    backgroundColor: theme.surface,
    titleColor: theme.text,
    bodyColor: theme.text,
    borderColor: theme.muted,
    borderWidth: 1,
    padding: 10,
    boxPadding: 4,
  };
}

/** Draws an event as a vertical line, with its label below the labels of bands. */
function markEvent({ label }: BandSpec, at: number, { ctx, chartArea }: Chart, theme: Theme): void {
  if (at < chartArea.left || at > chartArea.right) return;
  ctx.strokeStyle = theme.text;
  ctx.setLineDash([3, 3]);
  ctx.beginPath();
  ctx.moveTo(at, chartArea.top);
  ctx.lineTo(at, chartArea.bottom);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = theme.text;
  const width = ctx.measureText(label).width + 8;
  ctx.fillText(label, at + width > chartArea.right ? at - width + 4 : at + 4, chartArea.top + 41);
}

/**
 * Shades and labels bands behind the chart's lines: phases are labelled at the top, disturbed seconds one
 * line below.
 */
function bands(list: readonly BandSpec[], theme: Theme): Plugin<'line' | 'bar'> {
  return {
    id: 'bands',
    beforeDatasetsDraw(chart): void {
      const { ctx, chartArea, scales } = chart;
      const x = scales.x;
      if (x === undefined) return;
      ctx.save();
      ctx.font = `11px ${theme.font}`;
      for (const band of list) {
        if (band.kind === 'event') {
          markEvent(band, x.getPixelForValue(band.from), chart, theme);
          continue;
        }
        const from = Math.max(chartArea.left, x.getPixelForValue(band.from));
        const to = Math.min(chartArea.right, x.getPixelForValue(band.to));
        if (to <= from) continue;
        const disturbed = band.kind === 'disturbed';
        ctx.fillStyle = disturbed ? theme.disturbed : theme.band;
        ctx.fillRect(from, chartArea.top, to - from, chartArea.height);
        ctx.fillStyle = theme.muted;
        if (ctx.measureText(band.label).width + 8 <= to - from) {
          ctx.fillText(band.label, from + 4, chartArea.top + (disturbed ? 27 : 13));
        }
      }
      ctx.restore();
    },
  };
}
