import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { atLeastZero, exactly, mapped, meanOf, sumOf } from './estimate.ts';
import { fitSum } from './least-squares.ts';
import { studentFactor } from './student.ts';

const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
const estimate = fc
  .tuple(figure, figure, figure)
  .map(([value, down, up]) => ({ value, low: value - down, high: value + up }));

test('the factor of an interval decreases from 12.7 to that of the normal distribution', () => {
  const factors = Array.from({ length: 200 }, (_, at) => studentFactor(at + 1));
  assert.ok(factors.every((each, at) => at === 0 || each < (factors[at - 1] ?? 0)));
  const exact = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
  assert.deepEqual(factors.slice(0, 10), exact);
  for (const [freedom, factor, expansion] of [
    [11, 2.201, 2.200871708695034],
    [20, 2.086, 2.0859532919224715],
    [60, 2.0003, 2.000297714701154],
  ] as const) {
    assertClose(studentFactor(freedom), expansion, 1e-12);
    assert.ok(Math.abs(expansion - factor) < 0.0002, String(freedom));
  }
  assert.throws(() => studentFactor(0), RangeError);
});

test('a mean lies in its interval, which is a point if all values are equal; a single value has none', () => {
  assert.equal(meanOf([3]), null);
  assert.deepEqual(meanOf([3, 3, 3]), exactly(3));
  // The squares add up to 8; Student's t with two degrees of freedom is 4.3027.
  const { value, low, high } = meanOf([1, 3, 5]) ?? exactly(0);
  for (const [found, expected] of [
    [value, 3],
    [high - value, 4.3027 * Math.sqrt(4 / 3)],
    [value - low, 4.3027 * Math.sqrt(4 / 3)],
  ] as const)
    assertClose(found, expected);
  fc.assert(
    fc.property(fc.array(figure, { minLength: 2, maxLength: 20 }), (values) => {
      const mean = meanOf(values);
      assert.ok(mean !== null && mean.low <= mean.value && mean.value <= mean.high);
    }),
  );
});

test('an interval of a mean contains the true value in 95 % of cases', () => {
  const random = randomFrom(5);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const cases = 4000;
  let covered = 0;
  for (let each = 0; each < cases; each++) {
    const mean = meanOf([100 + normal(), 100 + normal(), 100 + normal()]);
    if (mean !== null && mean.low <= 100 && 100 <= mean.high) covered++;
  }
  assert.ok(Math.abs(covered / cases - 0.95) < 0.015, String(covered / cases));
});

test('a sum is no wider than the sum of widths, no narrower than its widest part, and exact for exact parts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(figure, estimate), { minLength: 1, maxLength: 5 }), (terms) => {
      const sum = sumOf(terms);
      const widths = terms.map(([factor, { value, high }]) => factor * (high - value));
      const reach = sum.high - sum.value;
      const slack = 1e-9 * (1 + Math.abs(sum.value) + widths.reduce((a, b) => a + b, 0));
      assert.ok(reach <= widths.reduce((a, b) => a + b, 0) + slack);
      assert.ok(reach >= Math.max(...widths) - slack);
      assert.ok(sum.low <= sum.value && sum.value <= sum.high);
    }),
  );
  assert.deepEqual(
    sumOf([
      [2, exactly(3)],
      [1, exactly(4)],
    ]),
    exactly(10),
  );
  assert.deepEqual(
    sumOf([
      [3, { value: 10, low: 9, high: 12 }],
      [2, { value: 5, low: 3, high: 9 }],
    ]),
    { value: 40, low: 40 - Math.hypot(3, 4), high: 40 + Math.hypot(6, 8) },
  );
});

test('a monotonic function keeps the value within its interval, whichever way it runs', () => {
  fc.assert(
    fc.property(estimate, (each) => {
      for (const of of [(x: number) => Math.ceil(x / 3), (x: number) => -x]) {
        const { value, low, high } = mapped(each, of);
        assert.ok(low <= value && value <= high);
      }
      const { low, value } = atLeastZero(each);
      assert.ok(low >= 0 && value >= 0);
    }),
  );
  const each = { value: 2, low: -1, high: 4 };
  assert.deepEqual(atLeastZero(each), { value: 2, low: 0, high: 4 });
  assert.deepEqual(
    mapped(each, (x) => 10 - x),
    { value: 8, low: 6, high: 11 },
  );
});

test('least squares find the coefficients of a sum, whatever the scale of its columns', () => {
  const coefficient = fc.double({ min: 1, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(coefficient, coefficient, coefficient, (process, slot, connection) => {
      const observations = [512, 40_000].flatMap((slots) =>
        [400, 800, 1200, 1600].map((open) => ({
          x: [2, slots, open],
          y: 2 * process + slots * slot + open * connection,
        })),
      );
      const fit = fitSum(observations);
      assert.ok(fit !== null);
      for (const [at, known] of [process, slot, connection].entries())
        assert.ok(
          Math.abs((fit.coefficients[at]?.value ?? 0) - known) < 1e-4 * (process + slot + connection),
        );
      const expected = 5 * process + 1e5 * slot + 2e4 * connection;
      assertClose(fit.at([5, 1e5, 2e4]).value, expected, 1e-4);
    }),
  );
});

test('too few observations, or columns that depend on each other, give no result', () => {
  assert.equal(fitSum([]), null);
  assert.equal(fitSum([{ x: [1], y: 1 }]), null);
  assert.equal(fitSum([1, 2, 3, 4].map((each) => ({ x: [each, 2 * each], y: each }))), null);
});

test('the interval of a fit is wider far from the observations than among them', () => {
  const fit = fitSum([1, 2, 3, 4].map((each) => ({ x: [1, each], y: each + (each % 2) })));
  assert.ok(fit !== null);
  const width = (at: number) => fit.at([1, at]).high - fit.at([1, at]).low;
  assert.ok(width(100) > width(2));
});
