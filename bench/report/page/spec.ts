import type { Unit } from '../../wording/format.ts';

/** Line patterns in addition to the colours, for readers and printers that cannot distinguish colours. */
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
  /** Only these ticks are labelled; if missing, the chart chooses. */
  ticks?: number[];
  min?: number;
  max?: number;
}

export interface SeriesSpec {
  label: string;
  /** The colour in the palette (`--series-<n>` or `--component-<name>` in the style). */
  colour: string;
  /** The line pattern and point style, so that colour is not the only channel. */
  pattern: number;
  points: { x: number; y: number | null }[];
  /** Whether it uses the second vertical axis. */
  second?: boolean;
  stepped?: boolean;
  filled?: boolean;
}

/**
 * A shaded, labelled part of the horizontal axis: a phase other than steady, or disturbed seconds. An event
 * has no length and is drawn as a line.
 */
export interface BandSpec {
  from: number;
  to: number;
  label: string;
  kind: 'phase' | 'disturbed' | 'event';
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

/** Horizontal bars with one row per name, stacked if the parts add up to a whole. */
export interface BarSpec extends Common {
  kind: 'bar';
  names: string[];
  stacked: boolean;
  series: { label: string; colour: string; values: (number | null)[] }[];
}

/** One chart as plain data, written by the report and drawn by the page. */
export type ChartSpec = LineSpec | BarSpec;
