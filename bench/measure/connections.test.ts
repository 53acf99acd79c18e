import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { figuresOf } from './figures.ts';

test('connection counts come from the workers, not from the plan', () => {
  const run = makeRun({ seconds: 1 });
  run.workers = run.workers.map((worker) => ({ ...worker, asked: 9, opened: 5, failed: 4 }));
  assert.deepEqual(figuresOf(run).connections, { asked: 18, opened: 10, failed: 8 });
  run.workers.splice(1);
  assert.deepEqual(figuresOf(run).connections, { asked: 9, opened: 5, failed: 4 });
});

test('without the workers’ totals, the slices are counted: opened in any phase before the drain, failed before opening', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  run.workers = [];
  for (const slice of run.slices) slice.counters.opened = 100;
  for (const [i, key] of ['tcp/refused', 'tls/tls', 'upgrade/status-503', 'open/closed-1006'].entries())
    (run.slices[i] ?? assert.fail()).failures = { [key]: 10 ** i };
  // Two seconds of the connect phase, two of the warm-up, one of the steady phase.
  assert.deepEqual(figuresOf(run).connections, { asked: 1000, opened: 500, failed: 111 });
});

test('the cost of a connection is computed from those that opened in the connect phase', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  for (const slice of run.slices) slice.counters.opened = slice.phase === 'connect' ? 100 : 1;
  run.processes = [evenProcess('proxy', 500_000)];
  const { connect, memoryPerConnectionBytes } = figuresOf(run);
  assert.deepEqual(connect, {
    isWork: false,
    timeToOpenUs: 2e6,
    perSecond: 100,
    cpuUsPerConnection: { proxy: 5000, server: null, generator: null },
    resumedShare: null,
  });
  assert.equal(memoryPerConnectionBytes.proxy, 2_000_000 / 200);
});

test('if connections are cut on purpose, neither their ends nor failed reconnects are faults', () => {
  const run = makeRun({ seconds: 2 });
  run.plan.workload = { ...run.plan.workload, load: null, scenario: 'storm' };
  const [connecting] = run.slices;
  const steady = run.slices.find(({ phase }) => phase === 'steady');
  assert.ok(connecting && steady);
  connecting.failures = { 'tcp/refused': 3 };
  steady.failures = { 'open/cut': 1000, 'open/mismatch': 2, 'upgrade/status-502': 40 };
  const { failures, connections } = figuresOf(run);
  assert.deepEqual(failures.expectedEnds, { cut: 1000 });
  assert.deepEqual([failures.total, failures.faults], [1045, 5]);
  const [asked, opened] = (['asked', 'opened'] as const).map((name) =>
    run.workers.reduce((sum, worker) => sum + worker[name], 0),
  );
  assert.deepEqual(connections, { asked, opened, failed: 5 });
  // Nothing reconnects in `idle`, so a failed handshake is a fault at any time.
  run.plan.workload = { ...run.plan.workload, scenario: 'idle' };
  assert.equal(figuresOf(run).failures.faults, 45);
});

test('the share of resumed sessions is that of all connections, if any slice recorded it', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  const [first, second] = run.slices;
  assert.ok(first && second);
  assert.equal(figuresOf(run).connect.resumedShare, null);
  first.counters.resumed = 150;
  assert.equal(figuresOf(run).connect.resumedShare, 0.15);
  second.counters.resumed = 50;
  assert.equal(figuresOf(run).connect.resumedShare, 0.2);
  for (const slice of run.slices) delete slice.histograms.tls;
  assert.equal(figuresOf(run).connect.resumedShare, null);
});

test('the time to open starts with the phase, and is not measured if handshakes are the work', () => {
  const run = makeRun({ seconds: 4, connections: 1000 });
  run.phases = run.phases.map((each) => (each.phase === 'connect' ? { ...each, startUs: 500_000 } : each));
  assert.deepEqual(
    [figuresOf(run).connect.timeToOpenUs, figuresOf(run).connect.perSecond],
    [1_500_000, 1000 / 1.5],
  );
  run.plan.workload = { ...run.plan.workload, scenario: 'connect', options: {} };
  run.processes = [];
  for (const slice of run.slices) slice.counters = { opened: slice.phase === 'steady' ? 30 : 7, started: 9 };
  assert.deepEqual(figuresOf(run).connect, {
    isWork: true,
    timeToOpenUs: null,
    perSecond: 30,
    cpuUsPerConnection: { proxy: null, server: null, generator: null },
    resumedShare: null,
  });
  // Without the workers’ totals, as many were asked for as handshakes started.
  run.workers = [];
  assert.deepEqual(figuresOf(run).connections, { asked: 81, opened: 14 + 14 + 120, failed: 0 });
});
