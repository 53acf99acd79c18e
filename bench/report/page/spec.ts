import type { Unit } from '../../wording/format.ts';

/** Line patterns beside the colours, for eyes and printers that do not tell colours apart. */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [7, 4],
  [2, 3],
  [10, 3, 2, 3],
  [14, 5],
  [4, 2, 1, 2],
];

export interface AxisSpec {
  title: string;
  unit: Unit;
  logarithmic?: boolean;
  /** Only these are labelled; else the chart chooses. */
  ticks?: number[];
  min?: number;
  max?: number;
}

export interface SeriesSpec {
  label: string;
  /** Which colour of the palette (`--series-<n>` or `--component-<name>` in the style). */
  colour: string;
  /** Which line pattern and point, so that colour is not the only channel. */
  pattern: number;
  points: { x: number; y: number | null }[];
  /** On the second vertical axis. */
  second?: boolean;
  stepped?: boolean;
  filled?: boolean;
}

/** A stretch of the horizontal axis that is shaded and named: a phase beside the steady one, or disturbed seconds. */
export interface BandSpec {
  from: number;
  to: number;
  label: string;
  kind: 'phase' | 'disturbed';
}

interface Common {
  /** Id of the canvas. */
  id: string;
  x: AxisSpec;
  y: AxisSpec;
}

export interface LineSpec extends Common {
  kind: 'line';
  series: SeriesSpec[];
  y2?: AxisSpec;
  bands?: BandSpec[];
}

/** Horizontal bars: one row for each name; stacked where the parts add up to a whole. */
export interface BarSpec extends Common {
  kind: 'bar';
  names: string[];
  stacked: boolean;
  series: { label: string; colour: string; values: (number | null)[] }[];
}

/** One chart as plain data: the report writes it, the page draws it. */
export type ChartSpec = LineSpec | BarSpec;
