import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Estimate } from '../model/estimate.ts';
import { assertClose } from './assert.test.fixture.ts';
import { fitSum } from './least-squares.ts';
import { eliminate } from './linear-system.ts';

function assertEstimate(found: Estimate | undefined, value: number, reach: number): void {
  assert.ok(found !== undefined);
  assertClose(found.value, value, 1e-6);
  assertClose(found.high - found.value, reach, 1e-6);
  assertClose(found.value - found.low, reach, 1e-6);
}

test('a line through four points by hand', () => {
  const fit = fitSum([2, 4, 3, 7].map((y, at) => ({ x: [1, at + 1], y })));
  assert.ok(fit !== null);
  const [constant, slope, ...others] = fit.coefficients;
  assert.deepEqual(others, []);
  // The residuals are 0.1, 0.7, −1.7 and 0.9. Their squares add up to 4.2, with 2 degrees of freedom.
  const deviation = Math.sqrt(4.2 / 2);
  const factor = 4.3027;
  assertEstimate(slope, 1.4, (factor * deviation) / Math.sqrt(5));
  assertEstimate(constant, 0.5, factor * deviation * Math.sqrt(1 / 4 + 2.5 ** 2 / 5));
  assertEstimate(fit.at([1, 10]), 14.5, factor * deviation * Math.sqrt(1 / 4 + 7.5 ** 2 / 5));
  assertEstimate(fit.at([1, 2.5]), 4, (factor * deviation) / 2);
});

test('one coefficient needs two observations, and a column of zeros has none', () => {
  const fit = fitSum([
    { x: [2], y: 4 },
    { x: [1], y: 3 },
  ]);
  // Σxy ÷ Σx² = 11 ÷ 5. The residuals are −0.4 and 0.8.
  assertEstimate(fit?.coefficients[0], 2.2, 12.7062 * Math.sqrt(0.8 / 5));
  assert.equal(fitSum([{ x: [2], y: 4 }]), null);
  assert.equal(fitSum([1, 2, 3].map((each) => ({ x: [0, each], y: each }))), null);
  assert.equal(fitSum([1, 2, 3].map((y) => ({ x: [], y }))), null);
});

test('the units of a coordinate do not matter; observations that depend on each other have no fit', () => {
  const fit = fitSum([2, 4, 3, 7].map((y, at) => ({ x: [1, (at + 1) * 1e-9], y })));
  const reach = (4.3027 * Math.sqrt(4.2 / 2)) / Math.sqrt(5);
  assertEstimate(fit?.coefficients[1], 1.4e9, reach * 1e9);
  assertEstimate(fit?.at([1, 2.5e-9]), 4, (4.3027 * Math.sqrt(4.2 / 2)) / 2);
  assert.equal(fitSum([1, 2, 3].map((each) => ({ x: [each, 2 * each], y: each }))), null);
  assert.equal(fitSum([]), null);
});

test('equations are solved in any order, with the largest pivot, unless they depend on each other', () => {
  assert.deepEqual(
    eliminate([
      [0, 2, 4],
      [3, 1, 5],
    ]),
    [1, 2],
  );
  assert.deepEqual(
    eliminate([
      [0, 0, 4, 8],
      [0, 2, 2, 10],
      [1, 1, 1, 6],
    ]),
    [1, 3, 2],
  );
  // With 1e-12 as the pivot, rounding would make the first solution 0.99998.
  assert.deepEqual(
    eliminate([
      [1e-12, 1, 1],
      [-1, 1, 0],
    ])?.map((each) => Math.round(each * 1e9)),
    [1e9, 1e9],
  );
  assert.equal(
    eliminate([
      [1, 2, 3],
      [2, 4, 6],
    ]),
    null,
  );
  assert.deepEqual(eliminate([[1e-12, 2e-12]])?.map(Math.round), [2]);
  assert.deepEqual(eliminate([[-2, 4]]), [-2]);
  assert.equal(eliminate([[0.99e-13, 1]]), null);
  assert.deepEqual(eliminate([]), []);
});
