import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { absence } from './absence.ts';
import { judge } from './busy.test.fixture.ts';

/** A run with a steady phase from second 4 to 14, in which the runner missed these samples. */
function without(...seconds: number[]): Run {
  const run = makeRun();
  const runner = run.processes.find(({ component }) => component === 'runner') ?? assert.fail();
  runner.samples = runner.samples.filter(({ atUs }) => !seconds.includes(atUs / 1e6));
  return run;
}

test('a runner that ran all the time, missed one sample, or took its first one late is not reported', () => {
  assert.deepEqual([absence(without()), absence(without(7)), absence(without(0, 1, 2))], [null, null, null]);
});

test('a runner counts as stopped if two samples are more than two seconds apart', () => {
  const run = without(7);
  const sample = run.processes
    .find(({ component }) => component === 'runner')
    ?.samples.find(({ atUs }) => atUs === 8e6);
  (sample ?? assert.fail()).atUs += 1;
  assert.deepEqual(absence(run)?.data, { gapsUs: [2_000_001], seconds: [3, 4, 5] });
});

test('a run without samples or without load has no absence', () => {
  assert.equal(absence({ ...makeRun(), processes: [], machine: null }), null);
  assert.equal(absence({ ...without(6, 7, 8), phases: [] }), null);
});

test('a stopped runner makes a run suspect, and the seconds are listed', () => {
  const run = without(6, 7, 8);
  const found = absence(run);
  assert.deepEqual([found?.code, found?.data], ['runner-stopped', { gapsUs: [4e6], seconds: [2, 3, 4, 5] }]);
  const { verdict, reasons } = judge(run);
  assert.equal(verdict, 'suspect');
  assert.deepEqual(
    reasons.find(({ code }) => code === found?.code),
    found,
  );
});

test('two gaps are reported; seconds are listed only if they are in the steady phase', () => {
  assert.deepEqual(absence(without(1, 2))?.data, { gapsUs: [3e6], seconds: [] });
  assert.deepEqual(absence(without(5, 6, 10, 11, 12))?.data, {
    gapsUs: [3e6, 4e6],
    seconds: [1, 2, 3, 6, 7, 8, 9],
  });
});

test('a last second that the steady phase did not complete is listed; without that phase, no second is', () => {
  const run = without(12, 13);
  const steady = run.phases.find(({ phase }) => phase === 'steady') ?? assert.fail();
  steady.endUs = 13_500_000;
  assert.deepEqual(absence(run)?.data, { gapsUs: [3e6], seconds: [8, 9, 10] });
  const ended = without(1, 2);
  ended.phases = ended.phases.filter(({ phase }) => phase === 'connect');
  assert.deepEqual(absence(ended)?.data, { gapsUs: [3e6], seconds: [] });
});

test('a machine that was suspended makes a run suspect', () => {
  const run = makeRun();
  const suspend = (us: number) => {
    for (const sample of run.machine?.samples ?? []) sample.suspendedUs = sample.atUs > 6e6 ? 1e9 + us : 1e9;
  };
  suspend(900_000);
  assert.equal(absence(run), null);
  suspend(3_000_000);
  assert.deepEqual([absence(run)?.code, absence(run)?.data], ['machine-suspended', { us: 3_000_000 }]);
  assert.equal(judge(run).verdict, 'suspect');
});

test('only a suspension of at least one second during the load counts', () => {
  const run = makeRun();
  const loadUs = run.phases.at(-1)?.endUs ?? assert.fail();
  /** Returns the finding for a suspension of `us` µs at `timeUs`. */
  const suspendedAt = (timeUs: number, us: number) => {
    for (const sample of run.machine?.samples ?? [])
      sample.suspendedUs = sample.atUs >= timeUs ? 1e9 + us : 1e9;
    return absence(run)?.code ?? null;
  };
  assert.deepEqual([suspendedAt(6e6, 999_999), suspendedAt(6e6, 1_000_000)], [null, 'machine-suspended']);
  assert.equal(suspendedAt(1e6, 5e6), 'machine-suspended', 'while it connects');
  assert.equal(suspendedAt(loadUs, 5e6), 'machine-suspended', 'while it drains');
  run.phases = run.phases.filter(({ phase }) => phase !== 'connect');
  assert.equal(suspendedAt(1e6, 5e6), null, 'before the load');
  run.phases = run.phases.slice(0, 1);
  assert.equal(suspendedAt(6e6, 5e6), null, 'after the load');
});

test('a runner that stopped before or after the load is not reported', () => {
  const run = without(1, 2, 7, 8, 9);
  const [connect, warmUp, steady] = run.phases;
  assert.ok(connect && warmUp && steady);
  run.phases = [warmUp, { ...steady, endUs: 6e6 }];
  run.phases[0] = { ...warmUp, startUs: 3e6 };
  assert.equal(absence(run), null);
  run.phases[0] = { ...warmUp, startUs: 2_999_999 };
  assert.deepEqual(absence(run)?.data, { gapsUs: [3e6], seconds: [] });
});
