import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { ownSeconds, phaseSpan, seconds, slicesOf } from './span.ts';

test('the span of a phase is null if the phase was not reached, or left at once', () => {
  const run = makeRun({ seconds: 3 });
  assert.deepEqual(phaseSpan(run, 'steady'), { startUs: 4e6, endUs: 7e6 });
  run.phases = run.phases.flatMap((each) => {
    if (each.phase === 'steady') return [{ ...each, endUs: each.startUs }];
    return each.phase === 'drain' ? [] : [each];
  });
  assert.deepEqual([phaseSpan(run, 'steady'), phaseSpan(run, 'drain')], [null, null]);
  assert.equal(seconds({ startUs: 1e6, endUs: 3.5e6 }), 2.5);
});

test('the slices of several phases are in the order in which they were recorded', () => {
  const phases = slicesOf(makeRun({ seconds: 1 }), 'drain', 'connect').map(({ phase }) => phase);
  assert.deepEqual(phases, ['connect', 'connect', 'drain']);
});

test('the own time of an interleaved run begins with its turns in the warm-up', () => {
  const run = makeRun({ seconds: 3 });
  const own = (startUs: number, endUs: number) => ownSeconds(run, { startUs, endUs });
  assert.deepEqual([own(1e6, 3.5e6), own(0, 0)], [2.5, 0]);
  run.plan.turns = { index: 1, of: 2, lengthMs: 500, pauseMs: 100, mirrored: false };
  // The warm-up starts at 2 s, and the run has its first turn from 2.5 s to 2.9 s.
  assert.deepEqual(
    [own(2e6, 3e6), own(2e6, 2.5e6), own(2.5e6, 2.9e6), own(2.9e6, 3.5e6), own(1e6, 2e6), own(4e6, 7e6)],
    [0.4, 0, 0.4, 0, 1, 1.2],
  );
  run.phases = run.phases.filter(({ phase }) => phase !== 'warm-up');
  assert.equal(own(1e6, 3.5e6), 2.5);
});
