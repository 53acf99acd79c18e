import type { Unit } from '../../wording/format.ts';
import type { AxisSpec, ChartSpec } from './spec.ts';

/**
 * A chart's data as rows and columns. The first column contains the positions on the horizontal axis, or the
 * names of the bars.
 */
export interface ChartData {
  columns: { title: string; unit: Unit }[];
  rows: (number | string | null)[][];
}

/**
 * Extracts a chart's data. Points of several lines at the same horizontal position share a row, with null for
 * a line that has no point there. Positions without any point are omitted.
 */
export function dataOf(spec: ChartSpec): ChartData {
  if (spec.kind === 'bar') {
    return {
      columns: [
        { title: spec.y.title === '' ? 'Name' : spec.y.title, unit: 'name' },
        ...spec.series.map(({ label }) => ({ title: label, unit: spec.x.unit })),
      ],
      rows: spec.names.map((name, row) => [name, ...spec.series.map(({ values }) => values[row] ?? null)]),
    };
  }
  const byX = new Map<number, (number | null)[]>();
  for (const [column, { points }] of spec.series.entries()) {
    for (const { x, y } of points) {
      const row = byX.get(x) ?? Array<number | null>(spec.series.length).fill(null);
      row[column] = y;
      byX.set(x, row);
    }
  }
  const axisOf = ({ second }: { second?: boolean }): AxisSpec => (second && spec.y2 ? spec.y2 : spec.y);
  return {
    columns: [
      { title: spec.x.title, unit: spec.x.unit },
      ...spec.series.map((series) => ({ title: series.label, unit: axisOf(series).unit })),
    ],
    rows: [...byX]
      .filter(([, row]) => row.some((y) => y !== null))
      .sort(([a], [b]) => a - b)
      .map(([x, row]) => [x, ...row]),
  };
}
