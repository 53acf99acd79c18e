import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { backendsOf, isEven } from './backends.ts';
import { figuresOf } from './figures.ts';

/** A run with two seconds before the first server is lost, two without it, and three after its return. */
function lossRun(open: readonly (readonly number[])[], returns = true): Run {
  const run = makeRun({ seconds: 7, load: OPEN });
  run.plan.workload = { ...run.plan.workload, scenario: 'backend-loss' };
  run.plan.servers = 3;
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  for (const slice of run.slices)
    slice.gauges = { ...slice.gauges, server1: 333, server2: 333, server3: 334 };
  for (const [index, slice] of steady.entries()) {
    const [server1 = 0, server2 = 0, server3 = 0] = open[index] ?? assert.fail();
    slice.gauges = { ...slice.gauges, server1, server2, server3 };
    slice.failures = { 'open/closed-1006': 7, 'upgrade/status-502': 10 ** index };
  }
  const startUs = steady[0]?.startUs ?? assert.fail();
  run.timeline = [
    { action: { kind: 'kill-server', server: 0 }, atUs: startUs + 2.01e6, failure: null },
    ...(returns
      ? [
          {
            action: { kind: 'start-server' as const, server: 0 },
            atUs: startUs + 4.3e6,
            failure: null,
          },
        ]
      : []),
  ];
  return run;
}

const EVENLY = [333, 333, 334];
const WITHOUT = [0, 500, 500];

describe('after a server is lost', () => {
  test('the spread stays uneven if it gets no connections back', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, [20, 490, 490]]);
    const backends = backendsOf(run) ?? assert.fail();
    const { lost, before, atReturn, atEnd, evenAfterUs, failedWhileGone } = backends;
    assert.deepEqual(
      { lost, before, atReturn, atEnd, evenAfterUs },
      { lost: 0, before: EVENLY, atReturn: WITHOUT, atEnd: [20, 490, 490], evenAfterUs: null },
    );
    // Failures of the third and fourth second, without the ends of open connections.
    assert.equal(failedWhileGone, 100 + 1000);
    assert.deepEqual(figuresOf(run).backends, backends);
  });

  test('the spread is even again from the second after which it stays even', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, [290, 350, 360], [100, 450, 450], EVENLY]);
    assert.equal(backendsOf(run)?.evenAfterUs, 7e6 - 4.3e6);
  });

  test('nothing needs to recover if the spread stayed even', () => {
    const run = lossRun([EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY]);
    assert.equal(backendsOf(run)?.evenAfterUs, 0);
  });

  test('it counts as lost to the end if it does not return', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, WITHOUT], false);
    const { returnedUs, atReturn, evenAfterUs, failedWhileGone } = backendsOf(run) ?? assert.fail();
    assert.deepEqual([returnedUs, atReturn, evenAfterUs, failedWhileGone], [null, null, null, 1_111_100]);
  });

  test('there are no figures if connections are not counted by server', () => {
    assert.equal(backendsOf(makeRun({ seconds: 2 })), null);
  });
});

test('a spread is even if each share is within a quarter of an equal share and there are connections', () => {
  assert.ok(isEven([125, 100, 80]) === false && isEven([110, 100, 90]) && isEven([80, 100, 120]));
  assert.ok(!isEven([0, 0]) && isEven([1]));
});
