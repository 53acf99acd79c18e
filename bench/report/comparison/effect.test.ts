import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import { changeWords, digits, effectNote, effectRows, formatInterval, formatP } from './effect.ts';

test('a change is described by its size and direction, and from a factor of two on by the factor', () => {
  assert.deepEqual([0.5, 0.9, 1, 1.00001, 1.25, 1.999, 2, 5.4].map(changeWords), [
    ...['50 % lower', '10 % lower', 'unchanged', 'unchanged', '25 % higher', '99.9 % higher'],
    ...['2 times as high', '5.4 times as high'],
  ]);
});

test('an interval has factors if one of its ends is at least two', () => {
  assert.equal(formatInterval([1.5, 1.99]), '+50 % to +99 %');
  assert.equal(formatInterval([1.5, 2]), '×1.5 to ×2');
  assert.equal(formatInterval([2, 2.5]), '×2 to ×2.5');
});

test('numbers have at most two decimal places, one from 10 on, and none from 100 on', () => {
  assert.deepEqual([9.876, 10, 10.24, 99.96, 100.4].map(digits), ['9.88', '10', '10.2', '100', '100']);
});

test('a p-value has three decimal places unless it is smaller', () => {
  assert.deepEqual([0.001, 0.00099, 0.0125, 1].map(formatP), ['.001', '< .001', '.013', '1.000']);
});

test('the note explains the effect of rounds and that of stored results', () => {
  const sources = { id: 'a', startedAt: '2026-01-02T03:04:05.000Z' };
  const stored = { baseline: sources, variant: sources, differences: [], unmatched: [] };
  const [ofRounds, ofStored] = [effectNote({}), effectNote({ stored })];
  assert.match(ofRounds, /individual rounds/);
  assert.match(ofStored, /every run of one result/);
});

test('a verdict on too few rounds has their number, and the number needed if it is known', () => {
  const [comparison] = makeComparison().comparisons;
  const [figure] = comparison?.figures ?? [];
  assert.ok(comparison && figure);
  const row = (changes: Partial<ComparedFigure>) =>
    effectRows({ ...comparison, figures: [{ ...figure, ...changes }] })[0];
  assert.deepEqual(row({}), [
    ...['Nginx CPU per message', '20 µs', '25 µs', '+25 %', '+20 % to +30 %', '.010', 'higher', '±3 %'],
  ]);
  assert.equal(row({ verdict: 'too few rounds', needed: 6 })?.[6], 'too few rounds (3 of 6)');
});
