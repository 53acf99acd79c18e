import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalFrom, randomFrom } from './random.ts';

test('a seed always gives the same numbers, those of mulberry32', () => {
  const three = (seed: number) => {
    const random = randomFrom(seed);
    return [random(), random(), random()];
  };
  assert.deepEqual(three(0), [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]);
  assert.deepEqual(three(42), [0.6011037519201636, 0.44829055899754167, 0.8524657934904099]);
  assert.deepEqual(three(2 ** 32 + 42), three(42));
  assert.deepEqual(three(-1), [0.8964226141106337, 0.189478256739676, 0.7156526781618595]);
});

test('a normally distributed number comes from two others', () => {
  const drawn = [0.75, 0.125, 0.5, 0];
  const normal = normalFrom(() => drawn.shift() ?? 0);
  // √(−2 ln ¼) × cos(π ÷ 4) and √(−2 ln ½) × cos 0
  assert.ok(Math.abs(normal() - Math.sqrt(2 * Math.log(4)) * Math.SQRT1_2) < 1e-12);
  assert.ok(Math.abs(normal() - Math.sqrt(2 * Math.log(2))) < 1e-12);
});
