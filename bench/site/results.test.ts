import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../test/comparison.ts';
import { indexOf } from '../../test/history.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { resultsTable } from './results.ts';
import type { Published } from './series.ts';

const INDEX = indexOf(makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]));
const [RUN] = INDEX.runs;
assert.ok(RUN);

/** The cells of each row, without markup. */
function rowsOf(...published: Published[]): (string | undefined)[][] {
  const { markup } = resultsTable(published, ({ folder }) => `has-${folder}`);
  return [...markup.matchAll(/<tr data-has="(.*?)">(.*?)<\/tr>/g)].map(([, has, row = '']) => [
    has,
    ...[...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = '']) =>
      cell.replace(/<[^>]*>/g, '').trim(),
    ),
  ]);
}

test('each result has a row with its kind, each variant and version of Nginx once, and its valid runs', () => {
  const suspect = { ...RUN, validity: { ...RUN.validity, verdict: 'suspect' as const } };
  const failed = { ...RUN, outcome: { state: 'failed', reason: 'It died.' } as const };
  const startedAt = '2026-01-02T03:04:05.000Z';
  const rows = rowsOf(
    { folder: 'a', index: { ...INDEX, startedAt } },
    {
      folder: 'b',
      index: {
        ...{ ...INDEX, startedAt, conclusions: [makeComparison()], endedAt: null },
        runs: [RUN, { ...suspect, variant: 'plain', nginx: '1.9.0' }, failed, { ...RUN, nginx: null }],
      },
    },
    { folder: 'c', index: { ...INDEX, startedAt, runs: [] } },
  );
  const [time, machine] = ['2 Jan 2026, 03:04 UTC', 'Example CPU 2.40 GHz, 2 CPUs, 24 GiB'];
  assert.deepEqual(rows, [
    ['has-a', 'a', time, 'tls', RUN.nginx, machine, '1 of 1 valid', 'JSON of a'],
    [
      ...['has-b', 'b', time, 'comparison: tls, plain', `${RUN.nginx}, 1.9.0`, machine],
      ...['2 of 4 valid, interrupted', 'JSON of b'],
    ],
    ['has-c', 'c', time, 'no run finished', '', machine, '0 of 0 valid', 'JSON of c'],
  ]);
});

test('only a result that ended with valid runs is good', () => {
  const badgeOf = (changes: Partial<typeof INDEX>) => {
    const { markup } = resultsTable([{ folder: 'a', index: { ...INDEX, ...changes } }], () => '');
    return /class="badge (\w+)"/.exec(markup)?.[1];
  };
  const suspect = { ...RUN, validity: { ...RUN.validity, verdict: 'suspect' as const } };
  assert.deepEqual(
    [badgeOf({}), badgeOf({ endedAt: null }), badgeOf({ runs: [RUN, suspect] })],
    ['good', 'warn', 'warn'],
  );
  assert.doesNotMatch(resultsTable([], () => '').markup, /<table/);
});
