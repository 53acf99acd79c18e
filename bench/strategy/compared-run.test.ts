import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun } from '../../test/run.ts';
import { knownFigures } from '../measure/figures.ts';
import { figuresInCycles, figuresOfCycle, turnCycles } from '../measure/turns.ts';
import { factsOf } from '../metrics/metrics.ts';
import type { Run } from '../model/run.ts';
import { comparedRun } from './compared-run.ts';

/** A run of some seconds with alternate turns of half a second, so that each second is a cycle. */
function turned(seconds: number): Run {
  const run = makeRun({ load: CLOSED, seconds, connections: 100, perSecond: 1000 });
  const turns = { index: 0, of: 2, lengthMs: 500, pauseMs: 0, mirrored: true };
  return { ...run, plan: { ...run.plan, turns } };
}

test('a run that was not interleaved has its facts, and no turns', () => {
  const run = makeRun({ seconds: 2 });
  assert.deepEqual(comparedRun(run), factsOf(run, knownFigures(run)));
});

test('the metrics of turns are those of the chosen cycles, and are derived once', () => {
  const run = turned(3);
  const figures = knownFigures(run);
  const cycles = turnCycles(run);
  const { turns, ...facts } = comparedRun(run);
  assert.deepEqual(facts, factsOf(run, figures));
  assert.ok(turns !== undefined);
  assert.deepEqual(turns.cycles, cycles);
  for (const [number, cycle] of cycles.entries())
    assert.deepEqual(turns.ofCycle(number), factsOf(run, figuresOfCycle(run, figures, cycle)).metrics);
  assert.deepEqual(turns.ofCycle(3), {});
  const outer = cycles.filter(({ number }) => number !== 1);
  assert.deepEqual(turns.ofCycles([0, 2]), factsOf(run, figuresInCycles(run, figures, outer)).metrics);
  assert.notDeepEqual(turns.ofCycles([1]), turns.ofCycles([0, 2]));
  assert.equal(turns.ofCycle(1), turns.ofCycle(1));
  assert.equal(turns.ofCycles([0, 2]), turns.ofCycles([0, 2]));
  assert.equal(comparedRun(turned(1)).turns?.cycles.length, 1);
});
