import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LadderAxis } from '../model/ladder.ts';
import type { Amount } from './format.ts';
import { formatSmall, LADDER, levelText } from './ladder.ts';

test('a level is given with its unit, which is singular for exactly one', () => {
  const levels = (over: LadderAxis) => [1, 2, { least: 1, most: 2 }].map((level) => levelText(over, level));
  assert.deepEqual(levels('connections'), ['1 connection', '2 connections', '1 to 2 connections']);
  assert.deepEqual(levels('rate'), [
    '1 message per second',
    '2 messages per second',
    '1 to 2 messages per second',
  ]);
  assert.deepEqual(levels('payload'), ['1 B messages', '2 B messages', '1 to 2 B messages']);
  assert.deepEqual(levels('nginx-workers'), ['1 Nginx worker', '2 Nginx workers', '1 to 2 Nginx workers']);
});

test('a fitted level is rounded: connections and workers to whole ones, a rate to three digits', () => {
  assert.deepEqual(
    [1.4, 1.6].flatMap((level) => [levelText('connections', level), levelText('nginx-workers', level)]),
    ['1 connection', '1 Nginx worker', '2 connections', '2 Nginx workers'],
  );
  assert.equal(levelText('rate', 12_345.6), '12,300 messages per second');
  assert.deepEqual(
    [levelText('rate', 1), levelText('payload', 2048)],
    ['1 message per second', '2 KiB messages'],
  );
});

test('a small number has two digits, and an exponent below a thousandth', () => {
  assert.deepEqual([0, 0.25, 0.0214, 0.001, 0.00099, 0.0000021].map(formatSmall), [
    ...['0', '0.25', '0.021', '0.001', '9.9e-4', '2.1e-6'],
  ]);
  assert.equal(formatSmall({ least: 0.0000012, most: 0.02 }), '1.2e-6 to 0.02');
});

test('a ladder without a valid run counts its runs', () => {
  const text = (runs: Amount) => LADDER['ladder-without-points']({ variant: 'tls', runs });
  assert.deepEqual([1, 2, { least: 1, most: 2 }].map(text), [
    'tls: the only run was not valid, so there is no curve.',
    'tls: none of the 2 runs was valid, so there is no curve.',
    'tls: none of the 1 to 2 runs was valid, so there is no curve.',
  ]);
});

test('a count of excluded runs is singular for exactly one', () => {
  const text = (excluded: Amount) => LADDER['ladder-excluded']({ excluded, of: 9 }).split('. ')[0];
  assert.deepEqual([1, 2].map(text), [
    '1 of 9 runs was not valid for the first metric',
    '2 of 9 runs were not valid for the first metric',
  ]);
});
