import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, test } from 'node:test';
import { makeSearchResult } from '../../test/capacity.ts';
import { makeRounds } from '../../test/comparison.ts';
import { makeBothSteps } from '../../test/result.ts';
import type { Result } from '../model/result.ts';
import { formatFigure } from '../wording/format.ts';
import { reportHtml } from './html.ts';
import { linesOf } from './page/axes.ts';
import { type Choice, configOf, firstChoice } from './page/charts.ts';
import type { AxisSpec, ChartSpec } from './page/spec.ts';
import { chartsOf } from './page-text.test.fixture.ts';

const STEPS = makeBothSteps(6, 4);
const PAGES: readonly (readonly [string, Result])[] = [
  ['steps', STEPS],
  ['a comparison', makeRounds()],
  ['a capacity search', makeSearchResult()],
];

interface Drawn {
  axis: AxisSpec;
  values: number[];
}

test('a long name is broken before its tunings', () => {
  assert.deepEqual(linesOf('plain+shutdown-timeout-10s'), ['plain', '+shutdown-timeout-10s']);
  assert.deepEqual(linesOf('tls@new+buf-16k+reuseport'), ['tls@new', '+buf-16k', '+reuseport']);
  assert.deepEqual(linesOf('plain'), ['plain']);
});

test('every value lies within its axis', () => {
  for (const [name, result] of PAGES) {
    const charts = chartsOf(reportHtml(result));
    assert.ok(charts.length > 0, name);
    for (const chart of charts) {
      for (const { axis, values } of drawnBy(chart)) {
        const where = `${name}: ${chart.id}: ${axis.title}`;
        assert.ok(values.length > 0, where);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        assert.ok(least >= (axis.min ?? least), `${where}: ${least} of ${axis.min}`);
        assert.ok(most <= (axis.max ?? most), `${where}: ${most} of ${axis.max}`);
      }
    }
  }
});

test('an axis extends no further than its values require', () => {
  for (const [name, result] of PAGES) {
    // Charts next to each other share a scale.
    const scales = new Map<string, Drawn>();
    for (const { axis, values } of chartsOf(reportHtml(result)).flatMap(drawnBy)) {
      const scale = `${axis.title} to ${axis.max}`;
      scales.set(scale, { axis, values: [...(scales.get(scale)?.values ?? []), ...values] });
    }
    for (const [scale, { axis, values }] of scales) {
      if (axis.max !== undefined)
        assert.ok(Math.max(...values) >= axis.max / (axis.logarithmic ? 10 : 3), `${name}: ${scale}`);
    }
  }
});

test('the chart of handshakes ends with the last handshake', () => {
  const charts = chartsOf(reportHtml(STEPS));
  const { phases } = STEPS.runs[0] ?? assert.fail();
  const { startUs, endUs } = phases.find(({ phase }) => phase === 'connect') ?? assert.fail();
  const chart = charts.find(({ id }) => id === 'chart-connecting-throughput');
  assert.ok(chart?.kind === 'line');
  assert.equal(chart.x.max, (endUs - startUs) / 1e6);
  for (const { points } of chart.series) {
    assert.deepEqual(points[0], { x: 0, y: 0 });
    assert.deepEqual(points.at(-1), { x: chart.x.max, y: STEPS.runs[0]?.plan.connections });
  }
});

/** Returns the values that a chart draws on each axis that has a scale. */
function drawnBy(chart: ChartSpec): Drawn[] {
  const numbers = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
  if (chart.kind === 'bar') {
    const rows = chart.names.map((_, row) => numbers(chart.series.map(({ values }) => values[row] ?? null)));
    const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
    return [{ axis: chart.x, values: chart.stacked ? rows.map(sum) : rows.flat() }];
  }
  const on = (second: boolean): number[] =>
    numbers(
      chart.series
        .filter((series) => (series.second ?? false) === second)
        .flatMap(({ points }) => points.map(({ y }) => y)),
    );
  return [
    { axis: chart.x, values: chart.series.flatMap(({ points }) => points.map(({ x }) => x)) },
    { axis: chart.y, values: on(false) },
    ...(chart.y2 === undefined ? [] : [{ axis: chart.y2, values: on(true) }]),
  ];
}

interface Tooltip {
  title?(items: readonly object[]): string;
  label?(item: object): string;
}

describe('a line chart on the page', () => {
  const globals = globalThis as { document?: unknown; getComputedStyle?: unknown };
  const before = { document: globals.document, getComputedStyle: globals.getComputedStyle };
  const theme = { text: '', muted: '', grid: '', surface: '', band: '', disturbed: '', font: '' };

  /** Creates a chart with one line through these values, one per second. */
  const lineOf = (values: readonly number[]): ChartSpec => ({
    kind: 'line',
    id: 'chart',
    x: { title: 'time', unit: 'seconds', min: 0, max: values.length },
    y: { title: 'time', unit: 'time', logarithmic: true },
    series: [
      { label: 'a', colour: 'text', pattern: 0, points: values.map((value, at) => ({ x: at, y: value })) },
    ],
  });
  const drawn = (values: readonly number[], choice: Partial<Choice> = {}) => {
    const spec = lineOf(values);
    const { data, options } = configOf(spec, theme, { ...firstChoice(spec), ...choice });
    const tooltip: Tooltip = { ...options?.plugins?.tooltip?.callbacks } as Tooltip;
    return { line: data.datasets[0], scales: options?.scales, tooltip };
  };

  beforeEach(() => {
    globals.document = { documentElement: {} };
    globals.getComputedStyle = () => ({ getPropertyValue: () => 'blue' });
  });
  afterEach(() => {
    Object.assign(globals, before);
  });

  it('marks each point if there are at most fifteen', () => {
    const radiusOf = (points: number) => {
      const { line } = drawn(Array.from({ length: points }, () => 1));
      return line && 'pointRadius' in line ? line.pointRadius : null;
    };
    assert.deepEqual([1, 15, 16, 100].map(radiusOf), [3, 3, 0, 0]);
  });

  it('is interrupted only where a logarithmic axis cannot show a value', () => {
    const values = (logarithmic: boolean) => drawn([2, 0, 1], { logarithmic }).line?.data;
    const point = (x: number, y: number | null) => ({ x, y });
    assert.deepEqual(values(true), [point(0, 2), point(1, null), point(2, 1)]);
    assert.deepEqual(values(false), [point(0, 2), point(1, 0), point(2, 1)]);
  });

  it('shows time and value in their units when the pointer is over a point', () => {
    const { tooltip } = drawn([1, 2, 3]);
    const item = { datasetIndex: 0, dataset: { label: 'a' }, parsed: { x: 2, y: 1500 } };
    assert.equal(tooltip.title?.([item]), formatFigure(2, 'seconds'));
    assert.equal(tooltip.label?.(item), `a: ${formatFigure(1500, 'time')}`);
  });

  it('hides series and zooms as selected', () => {
    const { line, scales } = drawn([1, 2, 3], { hidden: new Set([0]), range: [1, 2] });
    assert.equal(line?.hidden, true);
    assert.deepEqual([scales?.x?.min, scales?.x?.max], [1, 2]);
    assert.equal(drawn([1]).line?.hidden, false);
  });
});
