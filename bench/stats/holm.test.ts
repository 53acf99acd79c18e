import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose } from './assert.test.fixture.ts';
import { holm } from './holm.ts';

test('the textbook example: four tests, two of them rejected at .05', () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries())
    assertClose(adjusted[i] as number, expected);
});

test("R's pairwise.wilcox.test(Ozone, Month) of airquality, ten pairs of months", () => {
  const pValues = [
    0.1925016477272461, 2.9963895856001694e-5, 0.00012080783076877434, 0.11859308339648639,
    0.01413624694779665, 0.025907760918474045, 0.9588687673817642, 0.8619511229403937, 0.0007442604206567086,
    0.003247955047506833,
  ];
  const printed = [
    '0.5775',
    '0.0003',
    '0.0011',
    '0.4744',
    '0.0848',
    '0.1295',
    '1.0000',
    '1.0000',
    '0.0060',
    '0.0227',
  ];
  assert.deepEqual(
    holm(pValues).map((p) => p.toFixed(4)),
    printed,
  );
});

test('a single p-value is not changed; an empty list stays empty', () => {
  assert.deepEqual(holm([0.03]), [0.03]);
  assert.deepEqual(holm([]), []);
});

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test('rejects the same hypotheses as the step-down procedure, at any level', () => {
  fc.assert(
    fc.property(pValues, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (ps, alpha) => {
      const sorted = ps.toSorted((a, b) => a - b);
      const kept = sorted.findIndex((p, step) => p * (ps.length - step) > alpha);
      const rejected = kept === -1 ? ps.length : kept;
      assert.equal(holm(ps).filter((p) => p <= alpha).length, rejected);
    }),
  );
});

test('adjusted values keep the order of the p-values, and lie between p and Bonferroni', () => {
  fc.assert(
    fc.property(pValues, (ps) => {
      const adjusted = holm(ps);
      for (const [i, p] of ps.entries()) {
        const own = adjusted[i] as number;
        assert.ok(p <= own && own <= Math.min(1, p * ps.length));
        for (const [j, other] of ps.entries()) if (p < other) assert.ok(own <= (adjusted[j] as number));
      }
    }),
  );
});

test('weights change the adjustment: a worked example in the order of p ÷ weight', () => {
  // In order of p ÷ weight: .01 ÷ 3, .02 ÷ 2, .03 ÷ 1, each multiplied by the sum of the remaining weights.
  const adjusted = holm([0.03, 0.01, 0.02], [1, 3, 2]);
  for (const [i, expected] of [0.03, 0.02, 0.03].entries()) assertClose(adjusted[i] as number, expected);
});

test('equal weights have no effect', () => {
  const usual = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(usual, fc.double({ min: 0.01, max: 100, noNaN: true }), (ps, weight) => {
      const equal = ps.map(() => weight);
      const adjusted = holm(ps, equal);
      for (const [i, p] of holm(ps).entries()) assertClose(adjusted[i] as number, p, 1e-6);
    }),
  );
});
