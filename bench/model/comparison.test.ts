import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { effectVerdictSchema, isBetter, OVERALL_VERDICTS, variantComparisonSchema } from './comparison.ts';

test('an effect is better, worse or neither', () => {
  assert.deepEqual(
    OVERALL_VERDICTS.map((verdict) => [verdict, isBetter(verdict)]),
    [
      ['faster', true],
      ['slower', false],
      ['lower', true],
      ['higher', false],
      ['no difference detected', null],
      ['too few rounds', null],
      ['mixed', null],
    ],
  );
});

test('verdicts of older results have their present names, and only a variant as a whole can be mixed', () => {
  const read = (verdict: string) => v.parse(effectVerdictSchema, verdict);
  assert.deepEqual(['cheaper', 'dearer', 'slower'].map(read), ['lower', 'higher', 'slower']);
  const overall = variantComparisonSchema.entries.verdict;
  assert.deepEqual([v.parse(overall, 'mixed'), v.parse(overall, 'cheaper')], ['mixed', 'lower']);
  for (const verdict of ['mixed', 'better', '']) assert.equal(v.is(effectVerdictSchema, verdict), false);
});
