import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { growth, sampleBefore } from './growth.ts';

const SAMPLES = [
  { atUs: 100, n: 5 },
  { atUs: 200, n: 15 },
  { atUs: 400, n: 19 },
];

test('a counter is interpolated linearly between its samples, and constant outside them', () => {
  const between = (startUs: number, endUs: number) => growth(SAMPLES, 'n', { startUs, endUs });
  assert.equal(between(100, 400), 14);
  assert.equal(between(150, 300), 17 - 10);
  assert.equal(between(0, 100), 0);
  assert.equal(between(0, 150), 5);
  assert.equal(between(300, 900), 2);
  assert.equal(between(500, 900), 0);
  assert.equal(growth([], 'n', { startUs: 0, endUs: 9 }), 0);
  assert.equal(growth([...SAMPLES, { atUs: 500, n: 19.5 }], 'n', { startUs: 400, endUs: 500 }), 0.5);
});

test('a counter that decreased did not grow', () => {
  assert.equal(growth([...SAMPLES, { atUs: 500, n: 3 }], 'n', { startUs: 100, endUs: 500 }), 0);
});

test('sampleBefore returns the last sample taken at or before a time', () => {
  const times = fc.uniqueArray(fc.nat(50), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(times, fc.nat(60), (list, atUs) => {
      const samples = list.map((time) => ({ atUs: time }));
      assert.equal(
        sampleBefore(samples, atUs),
        samples.findLast((sample) => sample.atUs <= atUs),
      );
    }),
  );
});
