import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose } from './assert.test.fixture.ts';
import { upperTail } from './normal.ts';

test('the upper tail agrees with R (pnorm) and SciPy (norm.sf), even far out', () => {
  for (const [z, tail] of [
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1, 0.15865525393145707],
    [1.96, 0.024997895148220435],
    [2.9999, 0.001350341282954925],
    [3, 0.0013498980316300933],
    [3.1, 0.0009676032132183563],
    [5, 2.866515718791933e-7],
    [8, 6.22096057427174e-16],
    [12, 1.776482112077653e-33],
  ] as const)
    assertClose(upperTail(z), tail, 1e-12);
});

test('both tails add up to 1, and the upper tail decreases', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -8, max: 8, noNaN: true }),
      fc.double({ min: 1e-3, max: 3, noNaN: true }),
      (z, step) => {
        assertClose(upperTail(z) + upperTail(-z), 1, 1e-15);
        assert.ok(upperTail(z + step) <= upperTail(z));
      },
    ),
  );
});
