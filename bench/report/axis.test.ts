import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesAxis, timeAxis } from './axis.ts';
import { figureScale, levelScale, logScale, type Scale, signedScale } from './scale.ts';

test('a time axis ends at 1, 2 or 5 times a power of ten on both sides of its values', () => {
  const axis = { title: 'time', unit: 'time', logarithmic: true };
  for (const [values, min, max, ticks] of [
    [[3], 2, 5, [2, 5]],
    [[5], 5, 10, [5, 10]],
    [[0.2, 6], 0.2, 10, [0.2, 0.5, 1, 2, 5, 10]],
    [[1000, 2000], 1000, 2000, [1000, 2000]],
    // Seven ticks fit.
    [[100, 1, 50], 1, 100, [1, 2, 5, 10, 20, 50, 100]],
    [[1, 101], 1, 200, [1, 10, 100]],
    [[40, null, 4000, 0, -1], 20, 5000, [100, 1000]],
  ] as const)
    assert.deepEqual(timeAxis('time', values), { ...axis, min, max, ticks });
  assert.deepEqual(timeAxis('time', [null, 0, -3]), axis);
});

test('a bytes axis has at most seven ticks from 0, spaced by a power of two', () => {
  for (const [most, ticks] of [
    [0, [0, 1]],
    [1, [0, 1]],
    [6, [0, 1, 2, 3, 4, 5, 6]],
    [7, [0, 2, 4, 6, 8]],
    [12, [0, 2, 4, 6, 8, 10, 12]],
    [13, [0, 4, 8, 12, 16]],
    [1000, [0, 256, 512, 768, 1024]],
  ] as const)
    assert.deepEqual(bytesAxis('size', 'bytesRate', most), {
      title: 'size',
      unit: 'bytesRate',
      min: 0,
      max: ticks.at(-1),
      ticks,
    });
});

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
const drawn = ({ ticks, at }: Scale, ...values: number[]) => ({
  ticks: ticks.map(rounded),
  at: values.map((value) => rounded(at(value))),
});

test('a logarithmic scale gives each factor of ten the same length', () => {
  assert.deepEqual(drawn(logScale([2, 150], 100, 300), 2, 20, 200), {
    ticks: [2, 5, 10, 20, 50, 100, 200],
    at: [100, 200, 300],
  });
  assert.deepEqual(drawn(logScale([], 0, 100), 1, 10), { ticks: [], at: [0, 100] });
});

test('a level has a tick if there is room between it and the tick before', () => {
  const levels = [1, 2, 4, 8, 16];
  const [from, to] = [10, 90];
  assert.deepEqual(drawn(levelScale(levels, 16, { from, to, room: 20 }), 1, 4, 16), {
    ticks: levels,
    at: [10, 50, 90],
  });
  assert.deepEqual(drawn(levelScale(levels, 16, { from, to, room: 20.1 }), 1, 4), {
    ticks: [1, 4, 16],
    at: [10, 50],
  });
  // A curve may go on beyond the largest level.
  assert.deepEqual(drawn(levelScale(levels, 256, { from, to, room: 20 }), 16, 256), {
    ticks: [1, 4, 16],
    at: [50, 90],
  });
  assert.deepEqual(drawn(levelScale([10, 20, 40], 160, { from, to, room: 21 }), 10, 160), {
    ticks: [10, 40],
    at: [10, 90],
  });
  assert.deepEqual(drawn(levelScale([5], 5, { from, to, room: 20 }), 5), { ticks: [5], at: [10] });
  assert.deepEqual(drawn(levelScale([], Math.E, { from, to, room: 20 }), 1, Math.E), {
    ticks: [],
    at: [10, 90],
  });
});

test('a figure scale starts at 0, or is logarithmic if all values are positive and differ more than twentyfold', () => {
  assert.deepEqual(drawn(figureScale([5, 100], 'count', 200, 0), 0, 25, 100), {
    ticks: [0, 20, 40, 60, 80, 100],
    at: [200, 150, 0],
  });
  assert.deepEqual(drawn(figureScale([0, 101], 'count', 200, 0), 0, 60, 120), {
    ticks: [0, 20, 40, 60, 80, 100, 120],
    at: [200, 100, 0],
  });
  for (const unit of ['count', 'bytes'] as const)
    assert.deepEqual(drawn(figureScale([1, 21], unit, 0, 300), 1, 50), {
      ticks: [1, 2, 5, 10, 20, 50],
      at: [0, 300],
    });
  for (const unit of ['bytes', 'bytesRate'] as const)
    assert.deepEqual(drawn(figureScale([500, 7000], unit, 200, 0), 2048, 8192), {
      ticks: [0, 2048, 4096, 6144, 8192],
      at: [150, 0],
    });
});

test('the ticks of a linear scale are spaced by 1, 2 or 5 times a power of ten, with at most six steps', () => {
  for (const [most, step, count] of [
    [0, 0.2, 5],
    [0.6, 0.1, 6],
    [6, 1, 6],
    [6.1, 2, 4],
    [12, 2, 6],
    [13, 5, 3],
    [30, 5, 6],
    [31, 10, 4],
    [60, 10, 6],
    [61, 20, 4],
  ] as const)
    assert.deepEqual(
      figureScale([most], 'count', 0, 1).ticks.map(rounded),
      Array.from({ length: count + 1 }, (_, index) => rounded(index * step)),
      String(most),
    );
});

test('a signed scale has 0 in its middle and reaches the largest deviation on both sides', () => {
  assert.deepEqual(drawn(signedScale([-0.3, 0.1], 200, 100), -0.3, 0, 0.15), {
    ticks: [-0.3, -0.15, 0, 0.15, 0.3],
    at: [200, 150, 125],
  });
  assert.deepEqual(drawn(signedScale([], 0, 100), 0, 0.01), {
    ticks: [-0.01, -0.005, 0, 0.005, 0.01],
    at: [50, 100],
  });
});
