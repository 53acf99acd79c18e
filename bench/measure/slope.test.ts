import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slopeOf } from './slope.ts';

test('points on a line have its slope, and an interval of zero width', () => {
  const line = fc.record({ start: fc.nat(1e8), slope: fc.nat(1e5), step: fc.integer({ min: 1, max: 1000 }) });
  fc.assert(
    fc.property(line, fc.integer({ min: 3, max: 12 }), ({ start, slope, step }, count) => {
      const points = Array.from({ length: count }, (_, i) => ({
        size: (i + 1) * step,
        bytes: start + slope * (i + 1) * step,
      }));
      const found = slopeOf(points) ?? assert.fail();
      assert.ok(Math.abs(found.bytes - slope) < 1e-3);
      assert.ok(found.high - found.low < 1);
      assert.equal(found.sizes, count);
    }),
  );
});

test('the interval matches the textbook', () => {
  // By hand: slope 0.8, residuals 0.2, −0.4, 0.2 …, s² = 0.24 / 1, Sxx = 2, t(0.975, 1) = 12.706.
  const found = slopeOf([
    { size: 1, bytes: 1 },
    { size: 2, bytes: 1.2 },
    { size: 3, bytes: 2.6 },
  ]);
  assert.ok(Math.abs((found?.bytes ?? 0) - 0.8) < 1e-9);
  assert.ok(Math.abs((found?.high ?? 0) - (0.8 + 12.706 * Math.sqrt(0.24 / 2))) < 1e-9);
  assert.ok(Math.abs((found?.low ?? 0) - (0.8 - 12.706 * Math.sqrt(0.24 / 2))) < 1e-9);
});

test('the interval uses the percentile of Student’s t distribution for its number of points', () => {
  const t = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  for (const [i, percentile] of t.entries()) {
    const n = i + 3;
    // By hand: a point in the middle that is n above the line of the others raises the line by 1.
    const points = [
      { size: 9, bytes: 1 },
      ...Array.from({ length: n - 3 }, () => ({ size: 10, bytes: 4 })),
      { size: 10, bytes: 4 + n },
      { size: 11, bytes: 7 },
    ];
    const residuals = n ** 2 * (1 - 1 / n);
    const reach = percentile * Math.sqrt(residuals / (n - 2) / 2);
    const found = slopeOf(points) ?? assert.fail();
    assert.deepEqual({ ...found, low: 0, high: 0 }, { bytes: 3, low: 0, high: 0, sizes: n });
    assert.ok(Math.abs(found.low - (3 - reach)) < 1e-9 && Math.abs(found.high - (3 + reach)) < 1e-9);
  }
  assert.equal(slopeOf(Array.from({ length: 13 }, (_, size) => ({ size, bytes: size }))), null);
});

test('too few sizes, or sizes that are all the same, have no slope', () => {
  assert.equal(slopeOf([]), null);
  assert.equal(
    slopeOf([
      { size: 1, bytes: 1 },
      { size: 2, bytes: 2 },
    ]),
    null,
  );
  assert.equal(slopeOf([1, 2, 3].map((bytes) => ({ size: 5, bytes }))), null);
});
