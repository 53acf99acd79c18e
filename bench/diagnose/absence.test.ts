import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { absence } from './absence.ts';
import { judge } from './busy.test.fixture.ts';

/** Ten seconds of steady phase, from the fourth on, in which the runner took none of these samples. */
function without(...seconds: number[]): Run {
  const run = makeRun();
  const runner = run.processes.find(({ component }) => component === 'runner') ?? assert.fail();
  runner.samples = runner.samples.filter(({ atUs }) => !seconds.includes(atUs / 1e6));
  return run;
}

test('a runner that ran all the time, or missed a sample, is not spoken of', () => {
  assert.deepEqual([absence(without()), absence(without(7))], [null, null]);
});

test('a runner that was stopped makes a run suspect, and the seconds are named', () => {
  const run = without(6, 7, 8);
  assert.equal(
    absence(run),
    'The runner was stopped, or had no CPU to run on: it took no sample for 4.0 s (seconds 2–5 of the steady phase). CPU, memory and disturbances of that time are not known by the second.',
  );
  const { verdict, reasons } = judge(run);
  assert.deepEqual([verdict, reasons.includes(absence(run) ?? '')], ['suspect', true]);
});

test('two gaps are told, and those outside the steady phase without its seconds', () => {
  assert.match(absence(without(1, 2)) ?? '', /no sample for 3\.0 s\. CPU/);
  assert.match(absence(without(5, 6, 10, 11, 12)) ?? '', /for 3\.0 s and 4\.0 s \(seconds 1–3, 6–9 of/);
});

test('a machine that was suspended makes a run suspect', () => {
  const run = makeRun();
  const suspend = (us: number) => {
    for (const sample of run.machine?.samples ?? []) sample.suspendedUs = sample.atUs > 6e6 ? 1e9 + us : 1e9;
  };
  suspend(900_000);
  assert.equal(absence(run), null);
  suspend(3_000_000);
  assert.equal(absence(run), 'The machine was suspended for 3.0 s during the load.');
  assert.equal(judge(run).verdict, 'suspect');
});
