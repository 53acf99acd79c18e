import type { ChartOptions } from 'chart.js';
import { formatFigure } from '../../wording/format.ts';
import type { AxisSpec } from './spec.ts';
import type { Theme } from './theme.ts';

type Scale = NonNullable<NonNullable<ChartOptions<'line' | 'bar'>['scales']>[string]>;

interface NamedScale {
  getLabelForValue(value: number): string;
}

/**
 * Splits a variant's name into lines, with a break before each tuning, because a narrow chart has no room for
 * long names.
 */
export function linesOf(name: string): string[] {
  return name.split(/(?=\+)/);
}

/** Returns the chart.js options of an axis. */
export function scaleOf(axis: AxisSpec, theme: Theme, side: 'left' | 'right' | 'bottom'): Scale {
  const { ticks } = axis;
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
      // The bounds are often not round numbers, and their labels could overlap those of the nearest ticks.
      includeBounds: false,
      ...(axis.unit === 'name'
        ? {
            autoSkip: false,
            callback(this: NamedScale, value: number | string) {
              return linesOf(this.getLabelForValue(Number(value)));
            },
          }
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

/**
 * Returns an axis as logarithmic or linear. If its type changes, its bounds and ticks are dropped, because they
 * would no longer fit.
 */
export function rescaled(axis: AxisSpec, logarithmic: boolean): AxisSpec {
  if (logarithmic === (axis.logarithmic ?? false)) return axis;
  const { title, unit } = axis;
  return logarithmic ? { title, unit, logarithmic } : { title, unit, min: 0 };
}
