import assert from 'node:assert/strict';

/** Asserts equality apart from rounding: within a relative 1e-9 unless another tolerance is given. */
export function assertClose(actual: number, expected: number, tolerance = 1e-9): void {
  const apart = Math.abs(actual - expected);
  assert.ok(
    apart <= tolerance * Math.max(Math.abs(expected), Number.MIN_VALUE),
    `${actual} is not ${expected}`,
  );
}
