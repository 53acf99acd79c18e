import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN, type RunOptions } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { judge } from './busy.test.fixture.ts';
import { stall } from './stall.ts';

/** Ten seconds of steady phase; in these, counted from 1, nothing was echoed. */
function still(seconds: readonly number[], options: RunOptions = {}): Run {
  const run = makeRun(options);
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  for (const second of seconds) (steady[second - 1] ?? assert.fail()).counters.echoed = 0;
  return run;
}
const found = (run: Run) => stall(run, figuresOf(run));

test('a closed loop that echoed nothing for seconds is suspect, and they are named', () => {
  const run = still([3, 4, 5, 9]);
  const { code, data } = found(run) ?? assert.fail();
  const { usualUs, ...facts } = data;
  assert.deepEqual([code, facts], ['stalled', { count: 4, seconds: [3, 4, 5, 9], of: 10 }]);
  assert.ok(Number(usualUs) < 10_000);
  assert.ok(judge(run).reasons.some((reason) => reason.code === 'stalled'));
});

test('nothing is said where every second echoed, where answers take long, in an open loop or where runs take turns', () => {
  const inTurns = still([3]);
  inTurns.plan.turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 10, mirrored: false };
  for (const run of [
    still([]),
    still([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    still([3], { medianUs: 400_000 }),
    still([3], { load: OPEN }),
    inTurns,
  ])
    assert.equal(found(run), null);
});
