import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEWEST, RATE_TOLERANCE, type RatedValue, type Standing, standingsOf, WINDOW } from './changes.ts';

const closed = (...values: (number | null)[]): RatedValue[] =>
  values.map((value) => ({ value, ratePerSecond: null }));
const many = (count: number, value: number): number[] => Array(count).fill(value);
const told = (standing: Standing | undefined) =>
  standing?.kind === 'change' ? `${standing.lasting}` : standing?.kind;
const kinds = (values: readonly RatedValue[]) => standingsOf(values).map(told);
const bandOf = (standing: Standing | undefined) =>
  standing !== undefined && 'band' in standing
    ? Object.values(standing.band).map((each) => Number(each.toFixed(3)))
    : null;

test('the band is computed from the median and the mean deviation of earlier logarithms', () => {
  assert.deepEqual([FEWEST, WINDOW, RATE_TOLERANCE], [5, 20, 1.1]);
  const last = standingsOf(closed(90, 100, 110, 100, 100, 100)).at(-1);
  assert.deepEqual(bandOf(last), [100, 69.093, 144.731, 5]);
  assert.deepEqual(bandOf(standingsOf(closed(...many(6, 100))).at(-1)), [100, 98.039, 102, 5]);
});

test('a value on the bound of the band is within it', () => {
  const [exact] = standingsOf(closed(...many(5, 100), 100)).slice(-1);
  assert.ok(exact?.kind === 'same');
  const { low, high } = exact.band;
  const kindOf = (value: number) => kinds(closed(...many(5, 100), value)).at(-1);
  assert.deepEqual([low, low - 1e-9, high, high + 1e-9].map(kindOf), ['same', 'null', 'same', 'null']);
});

test('only the newest 20 values of a level are used', () => {
  const last = standingsOf(closed(...many(10, 100), ...many(20, 101), 101)).at(-1);
  assert.deepEqual(bandOf(last), [101, 99.02, 103.02, 20]);
});

test('a value that is not counted neither ends nor confirms a change, and joins no level', () => {
  assert.deepEqual(kinds(closed(...many(5, 100), 150, null, 0, 151)), [
    ...many(5, 0).map(() => 'early'),
    ...['true', 'uncounted', 'uncounted', 'early'],
  ]);
  assert.deepEqual(kinds(closed(0.5, 0.5, 0.5, 0.5, 0.5, 0.5)).at(-1), 'same');
});

test('a fall that another fall confirms is lasting, and the level continues with both', () => {
  assert.deepEqual(kinds(closed(...many(5, 100), 50, 51, 50, 50, 50, 50, 70)).slice(5), [
    ...['true', 'early', 'early', 'early', 'early', 'same', 'null'],
  ]);
  const [, , , , last] = standingsOf(closed(...many(5, 100), 50, 52, 54, 53, 51, 52)).slice(6);
  assert.deepEqual(bandOf(last)?.[3], 5);
});

test('values within the band join the level, but an outlier does not', () => {
  const standings = standingsOf(closed(...many(5, 100), 101, 150, 100, 99, 100));
  assert.deepEqual(standings.slice(5).map(told), ['same', 'false', 'same', 'same', 'same']);
  assert.deepEqual(
    standings.slice(5).map((each) => bandOf(each)?.[3]),
    [5, 6, 6, 7, 8],
  );
});

test('rates that differ by a tenth at most are comparable, in both directions', () => {
  const lastAt = (ratePerSecond: number | null, before: number | null = 1000) =>
    kinds([
      ...many(5, 100).map((value) => ({ value, ratePerSecond: before })),
      { value: 200, ratePerSecond },
    ]).at(-1);
  assert.deepEqual(
    [lastAt(1000), lastAt(1100), lastAt(1000, 1100), lastAt(1101), lastAt(909), lastAt(910)],
    ['null', 'null', 'null', 'early', 'early', 'null'],
  );
  assert.deepEqual([lastAt(null), lastAt(1000, null), lastAt(null, null)], ['early', 'early', 'null']);
});
