import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rescaled, scaleOf } from './page/axes.ts';
import type { AxisSpec } from './page/spec.ts';

const THEME = { text: 't', muted: 'm', grid: 'g', surface: 's', band: 'b', disturbed: 'd', font: 'f' };

/** The options of an axis without its functions, and what those do to a value. */
function optionsOf(axis: AxisSpec, side: 'left' | 'right' | 'bottom') {
  const { ticks, afterBuildTicks, ...options } = scaleOf(axis, THEME, side) as unknown as {
    ticks: { callback(value: number): unknown };
    afterBuildTicks?: (scale: { ticks: object[] }) => void;
  };
  const { callback, ...style } = ticks;
  const named = { getLabelForValue: (value: number) => `name${value}+tuning` };
  const scale = { ticks: [] as object[] };
  afterBuildTicks?.(scale);
  return { ...options, ticks: style, label: callback.call(named, 1000), built: scale.ticks };
}

const TICKS = {
  ...{ color: 'm', padding: 6, font: { size: 12 }, maxRotation: 0, autoSkipPadding: 12 },
  includeBounds: false,
};
const BORDER = { border: { color: 'g' } };

test('a linear axis begins at 0, has no bounds of its own, and a title only if it is not empty', () => {
  assert.deepEqual(optionsOf({ title: '', unit: 'rate' }, 'left'), {
    ...BORDER,
    ...{ type: 'linear', position: 'left', beginAtZero: true },
    title: { display: false, text: '', color: 'm', font: { size: 12 } },
    grid: { color: 'g', drawOnChartArea: true, drawTicks: false },
    ticks: TICKS,
    label: '1k/s',
    built: [],
  });
});

test('a logarithmic axis has its own bounds and ticks; only the axis on the left has a grid', () => {
  const axis: AxisSpec = { title: 'x', unit: 'time', logarithmic: true, min: 1, max: 50, ticks: [1, 10] };
  assert.deepEqual(optionsOf(axis, 'right'), {
    ...BORDER,
    ...{ type: 'logarithmic', position: 'right', min: 1, max: 50 },
    title: { display: true, text: 'x', color: 'm', font: { size: 12 } },
    grid: { color: 'g', drawOnChartArea: false, drawTicks: false },
    ticks: TICKS,
    label: '1 ms',
    built: [{ value: 1 }, { value: 10 }],
  });
  assert.ok(!('beginAtZero' in scaleOf({ title: '', unit: 'seconds' }, THEME, 'bottom')));
});

test('an axis of names shows each of them, broken before its tunings', () => {
  const { type, ticks, label } = optionsOf({ title: '', unit: 'name' }, 'left') as unknown as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [type, ticks, label],
    ['category', { ...TICKS, autoSkip: false }, ['name1000', '+tuning']],
  );
});

test('an axis that changes its type loses its bounds and ticks', () => {
  const linear: AxisSpec = { title: 'x', unit: 'time', min: 5, max: 6, ticks: [5] };
  assert.equal(rescaled(linear, false), linear);
  const logarithmic = { ...linear, logarithmic: true };
  assert.equal(rescaled(logarithmic, true), logarithmic);
  assert.deepEqual(rescaled(linear, true), { title: 'x', unit: 'time', logarithmic: true });
  assert.deepEqual(rescaled(logarithmic, false), { title: 'x', unit: 'time', min: 0 });
});
