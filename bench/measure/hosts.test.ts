import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { steadySeconds } from './disturbance.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode } from './histogram.ts';

/** A run with two workers: the first on the runner's host, the second on another one. */
function runOnHosts(): Run {
  const run = makeRun({ load: OPEN, seconds: 4, perSecond: 1000 });
  const [worker] = run.workers;
  const generator = run.processes.find(({ component }) => component === 'generator');
  assert.ok(worker && generator);
  const lag = emptyHistogram();
  lag.recordValueWithCount(500, 10_000);
  const clock = { errorUs: 120, driftUs: -3 };
  return {
    ...run,
    workers: [
      { ...worker, worker: 0 },
      { ...worker, worker: 1 },
    ],
    processes: [
      ...run.processes.filter(({ component }) => component !== 'generator'),
      { ...generator, name: 'generator 1' },
      { ...generator, name: 'generator 2', host: 'b' },
    ],
    hosts: [
      { name: 'a', cpus: 2, isRunners: true, workers: [0], sendLag: encode(lag), clock },
      { name: 'b', cpus: 8, isRunners: false, workers: [1], sendLag: null, clock },
    ],
  };
}

test('each host has figures for its share of the load, its send lag and its CPU time', () => {
  const [a, b, ...rest] = figuresOf(runOnHosts()).hosts;
  assert.ok(a && b);
  assert.equal(rest.length, 0);
  for (const host of [a, b]) {
    assert.deepEqual(host.share, { connections: 0.5, messages: 0.5 });
    assert.equal(host.workers, 1);
    assert.ok(host.cpu !== null && host.cpu > 0);
  }
  assert.equal(a.sendLag?.count, 10_000);
  assert.equal(b.sendLag, null);
  assert.deepEqual(figuresOf(makeRun()).hosts, []);
});

test('CPU time on other machines does not count as CPU time on this one', () => {
  const run = runOnHosts();
  const all = run.processes.map(({ host: _, ...each }) => each);
  const otherOf = (processes: Run['processes']) =>
    (steadySeconds({ ...run, processes }) ?? assert.fail()).map(({ other }) => other ?? 0);
  const [apart] = otherOf(run.processes);
  const [together] = otherOf(all);
  assert.ok(apart !== undefined && together !== undefined && apart >= together);
  assert.deepEqual(otherOf(run.processes), otherOf(all.filter(({ name }) => name !== 'generator 2')));
});
