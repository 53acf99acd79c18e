import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { steadySeconds } from './disturbance.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode } from './histogram.ts';

const ANY = { role: 'generator', machine: null, samples: null } as const;

/** A run whose two workers are on two hosts: the first is the runner's machine, the second is another. */
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
      { ...ANY, name: 'a', cpus: 2, isRunners: true, workers: [0], sendLag: encode(lag), clock },
      { ...ANY, name: 'b', cpus: 8, isRunners: false, workers: [1], sendLag: null, clock },
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

test('the host of Nginx has the CPU time of its processes, and what else used its CPUs', () => {
  const run = runOnHosts();
  const [a] = run.hosts ?? [];
  assert.ok(a);
  const idle = { stolenUs: 0, interruptUs: 0, besideUs: 0, suspendedUs: 0, timeWait: null };
  const samples = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((second) => ({
    ...idle,
    atUs: second * 1e6,
    idleUs: second * 0.5e6,
  }));
  const proxy = { ...a, name: 'p', role: 'proxy' as const, workers: [], samples: { cpus: [0, 1], samples } };
  const nginx = run.processes.filter(({ component }) => component === 'proxy');
  const figures = figuresOf({ ...run, hosts: [...(run.hosts ?? []), proxy] });
  const host = figures.hosts.at(-1);
  assert.ok(host && nginx.length > 0);
  assert.deepEqual([host.name, host.role, host.workers, host.used], ['p', 'proxy', 0, 0.75]);
  const shares = figures.processes.flatMap(({ component, cpuShare }) =>
    component === 'proxy' ? [cpuShare ?? 0] : [],
  );
  assert.equal(
    host.cpu,
    shares.reduce((sum, share) => sum + share, 0),
  );
});

test('CPU time on other machines is not taken for CPU time on this one', () => {
  const run = runOnHosts();
  const all = run.processes.map(({ host: _, ...each }) => each);
  const otherOf = (processes: Run['processes']) =>
    (steadySeconds({ ...run, processes }) ?? assert.fail()).map(({ other }) => other ?? 0);
  const [apart] = otherOf(run.processes);
  const [together] = otherOf(all);
  assert.ok(apart !== undefined && together !== undefined && apart >= together);
  assert.deepEqual(otherOf(run.processes), otherOf(all.filter(({ name }) => name !== 'generator 2')));
});
