import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { figuresOf } from './figures.ts';

test('connections are told by the workers, whatever the plan asked for', () => {
  const run = makeRun({ seconds: 1 });
  run.workers = run.workers.map((worker) => ({ ...worker, asked: 9, opened: 5, failed: 4 }));
  assert.deepEqual(figuresOf(run).connections, { asked: 18, opened: 10, failed: 8 });
});

test('without their books the slices tell: opened in any phase before the drain, failed before they were open', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  run.workers = [];
  for (const slice of run.slices) slice.counters.opened = 100;
  for (const [i, key] of ['tcp/refused', 'tls/tls', 'upgrade/status-503', 'open/closed-1006'].entries())
    (run.slices[i] ?? assert.fail()).failures = { [key]: 10 ** i };
  // Two seconds of connect, two of warm-up, one of steady phase.
  assert.deepEqual(figuresOf(run).connections, { asked: 1000, opened: 500, failed: 111 });
});

test('what a connection cost is by those that opened in the connect phase', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  for (const slice of run.slices) slice.counters.opened = slice.phase === 'connect' ? 100 : 1;
  run.processes = [evenProcess('proxy', 500_000)];
  const { connect, memoryPerConnectionBytes } = figuresOf(run);
  assert.equal(connect.perSecond, 100);
  assert.equal(connect.cpuUsPerConnection.proxy, 5000);
  assert.equal(memoryPerConnectionBytes.proxy, 2_000_000 / 200);
});

test('where connections are cut on purpose, neither their ends nor failed attempts to return are faults', () => {
  const run = makeRun({ seconds: 2 });
  run.plan.workload = { ...run.plan.workload, load: null, scenario: 'storm' };
  const [connecting] = run.slices;
  const steady = run.slices.find(({ phase }) => phase === 'steady');
  assert.ok(connecting && steady);
  connecting.failures = { 'tcp/refused': 3 };
  steady.failures = { 'open/cut': 1000, 'open/mismatch': 2, 'upgrade/status-502': 40 };
  const { failures, connections } = figuresOf(run);
  assert.deepEqual(failures.expectedEnds, { cut: 1000 });
  assert.deepEqual([failures.total, failures.faults, connections.failed], [1045, 5, 5]);
  // Nothing comes back in idle, so a handshake that fails is a fault whenever it does.
  run.plan.workload = { ...run.plan.workload, scenario: 'idle' };
  assert.equal(figuresOf(run).failures.faults, 45);
});
