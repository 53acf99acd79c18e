import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexOf } from '../../test/history.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { claimsPage, tellingResults } from './claims.ts';

const at = (day: number, profiles: number) => {
  const result = { ...makeBothSteps(profiles, 1), id: `${day}`, startedAt: `2026-01-0${day}T00:00:00.000Z` };
  return { folder: result.id, result, index: indexOf(result) };
};

test('the newest result for each set of variants is used, unless it has a single variant', () => {
  const single = { folder: '9', index: indexOf(makeResult([makeRun({ seconds: 1 })])) };
  const told = tellingResults([at(2, 3), at(1, 3), at(3, 3), single, at(4, 6)]);
  assert.deepEqual(
    told.map(({ folder }) => folder),
    ['4', '3'],
  );
});

test('if there are many sets of variants, the newest eight are used', () => {
  const sets = Array.from({ length: 9 }, (_, set) => {
    const { folder, index, result } = at(set + 1, 2);
    const runs = index.runs.map((run) => ({ ...run, variant: `${run.variant}-${set}` }));
    return { folder, result, index: { ...index, runs } };
  });
  assert.deepEqual(
    tellingResults(sets).map(({ folder }) => folder),
    ['9', '8', '7', '6', '5', '4', '3', '2'],
  );
});

test('the claims page has a verdict on each tested claim, with a link to the report', () => {
  const { file, body } = claimsPage([at(1, 6), at(2, 3)]);
  assert.equal(file, 'claims.html');
  assert.match(body.markup, /(confirmed|refuted|not shown)<\/span>/);
  for (const folder of ['1', '2'])
    assert.ok(body.markup.includes(`href="results/${folder}/report.html"`), folder);
  assert.match(claimsPage([]).body.markup, /Not tested here/);
});
