import type { ChartOptions } from 'chart.js';
import {
  formatBytes,
  formatCount,
  formatPercentile,
  formatRate,
  formatSeconds,
  formatShare,
  formatShort,
  formatTime,
} from './format.ts';
import type { AxisSpec, Unit } from './spec.ts';
import type { Theme } from './theme.ts';

const FORMATS: Record<Unit, (figure: number) => string> = {
  time: formatTime,
  count: formatShort,
  rate: formatRate,
  bytes: formatBytes,
  bytesRate: (bytes) => `${formatBytes(bytes)}/s`,
  share: formatShare,
  seconds: formatSeconds,
  percentile: formatPercentile,
  name: formatCount,
};

export function formatFigure(figure: number, unit: Unit): string {
  return FORMATS[unit](figure);
}

type Scale = NonNullable<NonNullable<ChartOptions<'line' | 'bar'>['scales']>[string]>;

/** The options of one scale for chart.js. */
export function scaleOf(axis: AxisSpec, theme: Theme, side: 'left' | 'right' | 'bottom'): Scale {
  const ticks = axis.ticks;
  return {
    ...(axis.unit === 'name' ? { type: 'category' } : { type: axis.logarithmic ? 'logarithmic' : 'linear' }),
    position: side,
    ...(axis.min === undefined ? {} : { min: axis.min }),
    ...(axis.max === undefined ? {} : { max: axis.max }),
    ...(axis.logarithmic || axis.unit === 'seconds' ? {} : { beginAtZero: true }),
    title: { display: axis.title !== '', text: axis.title, color: theme.muted, font: { size: 12 } },
    border: { color: theme.grid },
    grid: { color: theme.grid, drawOnChartArea: side !== 'right', drawTicks: false },
    ticks: {
      color: theme.muted,
      padding: 6,
      font: { size: 12 },
      maxRotation: 0,
      autoSkipPadding: 12,
      ...(axis.unit === 'name'
        ? { autoSkip: false }
        : { callback: (value: number | string) => formatFigure(Number(value), axis.unit) }),
    },
    ...(ticks === undefined
      ? {}
      : {
          afterBuildTicks: (scale: { ticks: { value: number }[] }): void => {
            scale.ticks = ticks.map((value) => ({ value }));
          },
        }),
  };
}
