import type { Chart, ChartConfiguration, ChartDataset, LegendItem, Plugin } from 'chart.js';
import { formatFigure, scaleOf } from './axes.ts';
import type { AxisSpec, BandSpec, BarSpec, ChartSpec, LineSpec } from './spec.ts';
import { cssColour, DASHES, fillOf, lineSample, POINTS, type Theme } from './theme.ts';

type Config = ChartConfiguration<'line' | 'bar', ({ x: number; y: number | null } | number | null)[], string>;
type Dataset = ChartDataset<'line' | 'bar', ({ x: number; y: number | null } | number | null)[]>;

/** The whole configuration of a chart in the colours of the theme. */
export function configOf(spec: ChartSpec, theme: Theme): Config {
  return spec.kind === 'line' ? lineConfig(spec, theme) : barConfig(spec, theme);
}

function lineConfig(spec: LineSpec, theme: Theme): Config {
  const axisOf = (index: number): AxisSpec => (spec.series[index]?.second && spec.y2 ? spec.y2 : spec.y);
  return {
    type: 'line',
    data: { datasets: spec.series.map((series) => lineDataset(series)) },
    options: {
      ...commonOptions(theme),
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: scaleOf(spec.x, theme, 'bottom'),
        y: scaleOf(spec.y, theme, 'left'),
        ...(spec.y2 === undefined ? {} : { y2: scaleOf(spec.y2, theme, 'right') }),
      },
      plugins: {
        legend: lineLegend(spec, theme),
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
    borderDash: DASHES[series.pattern % DASHES.length] ?? [],
    pointStyle: POINTS[series.pattern % POINTS.length] ?? 'circle',
    pointRadius: few ? 3 : 0,
    pointHoverRadius: 5,
    stepped: series.stepped ?? false,
    fill: series.filled ? 'origin' : false,
    tension: 0,
    spanGaps: false,
  };
}

function barConfig(spec: BarSpec, theme: Theme): Config {
  return {
    type: 'bar',
    data: {
      labels: spec.names,
      datasets: spec.series.map((series, index) => ({
        label: series.label,
        data: series.values,
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
        legend: legend(theme, spec.series.length > 1),
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

function legend(theme: Theme, display: boolean) {
  return {
    display,
    position: 'top' as const,
    align: 'start' as const,
    labels: {
      color: theme.text,
      usePointStyle: true,
      pointStyle: 'rectRounded' as const,
      boxHeight: 9,
      padding: 14,
      font: { size: 13, family: theme.font },
    },
  };
}

/** Lines in the legend look as they do in the chart, dashes and all, which chart.js does not do by itself. */
function lineLegend(spec: LineSpec, theme: Theme) {
  const base = legend(theme, spec.series.length > 1);
  const generateLabels = (chart: Chart): LegendItem[] =>
    spec.series.map((series, datasetIndex) => ({
      text: series.label,
      datasetIndex,
      fontColor: theme.text,
      hidden: !chart.isDatasetVisible(datasetIndex),
      pointStyle: lineSample(cssColour(series.colour), series.pattern),
    }));
  return { ...base, labels: { ...base.labels, pointStyleWidth: 36, generateLabels } };
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

/** Shades and names the bands, behind the lines: phases at the top, disturbed seconds a line below. */
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
