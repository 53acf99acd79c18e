import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { figuresOf } from './figures.ts';

/** A closed loop with 1,000 messages per second, whose Nginx workers use these shares of a core. */
function proxied(...shares: number[]): Run {
  const run = makeRun({ seconds: 8 });
  for (const slice of run.slices) slice.counters.echoed = 1000;
  run.processes = shares.map((share, i) => ({
    ...evenProcess('proxy', share * 1e6),
    name: `nginx worker ${i + 1}`,
  }));
  run.processes.push({ ...evenProcess('proxy', 90_000), role: 'master' });
  run.validity.limit.component = 'none';
  return run;
}

test('per-core capacity is messages per second per core used by all workers, and says whether it was measured', () => {
  const run = proxied(0.5, 0.3);
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 1250, bound: 'at-least' });
  run.validity.limit.component = 'proxy';
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 1250, bound: 'measured' });
});

test('an open loop has a per-core capacity only if Nginx was the limit', () => {
  const run = proxied(0.5);
  run.plan.workload.load = OPEN;
  assert.equal(figuresOf(run).perCoreCapacity, null);
  run.validity.limit.component = 'proxy';
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 2000, bound: 'measured' });
});

test('there is no per-core capacity without Nginx, its CPU time, or an echo', () => {
  const without = (change: (run: Run) => void) => {
    const run = proxied(0.5, 0.5);
    change(run);
    return figuresOf(run).perCoreCapacity;
  };
  assert.equal(
    without((run) => {
      run.proxy = null;
      run.processes = run.processes.filter(({ component }) => component !== 'proxy');
    }),
    null,
  );
  assert.equal(
    without((run) => {
      run.processes[1]?.samples.splice(1);
    }),
    null,
  );
  assert.equal(
    without((run) => {
      for (const process of run.processes) for (const sample of process.samples) sample.cpuUs = 0;
    }),
    null,
  );
  assert.equal(
    without((run) => {
      for (const slice of run.slices) slice.counters.echoed = 0;
    }),
    null,
  );
});
