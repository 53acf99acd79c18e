import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { steadySeconds } from './disturbance.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode, summarise } from './histogram.ts';
import { oneWayErrorUs } from './hosts.ts';

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
  const run = runOnHosts();
  const [first, second] = run.workers;
  assert.ok(first && second);
  Object.assign(first, { opened: 300, sent: 1000 });
  Object.assign(second, { opened: 100, sent: 3000 });
  const lag = emptyHistogram();
  lag.recordValueWithCount(500, 10_000);
  const { processes, hosts } = figuresOf(run);
  const cpuOf = (name: string) =>
    processes.find((each) => each.name === name && each.component === 'generator')?.cpuShare;
  const clock = { errorUs: 120, driftUs: -3 };
  const same = { role: 'generator', machine: null, workers: 1, used: null, clock };
  assert.deepEqual(hosts, [
    {
      ...same,
      name: 'a',
      cpus: 2,
      connections: 300,
      share: { connections: 0.75, messages: 0.25 },
      sendLag: summarise(lag),
      cpu: cpuOf('generator 1'),
    },
    {
      ...same,
      name: 'b',
      cpus: 8,
      connections: 100,
      share: { connections: 0.25, messages: 0.75 },
      sendLag: null,
      cpu: cpuOf('generator 2'),
    },
  ]);
  assert.deepEqual(
    processes.flatMap(({ host, name }) => (host === undefined ? [] : [[host, name]])),
    [['b', 'generator 2']],
  );
  assert.ok(processes.every((each) => each.host !== undefined || !('host' in each)));
  assert.deepEqual(figuresOf(makeRun()).hosts, []);
});

test('the host of echo servers has their CPU time and none of the load, and a lost agent has none', () => {
  const run = runOnHosts();
  const [a] = run.hosts ?? [];
  assert.ok(a);
  const hosts = [
    { ...a, role: 'server' as const, workers: [1] },
    { ...a, role: 'server' as const, workers: [7] },
  ];
  const figures = figuresOf({ ...run, hosts });
  const server = figures.processes.find(({ name }) => name === 'echo server 2');
  assert.deepEqual(
    figures.hosts.map(({ workers, connections, share, cpu }) => [workers, connections, share, cpu]),
    [
      [1, 0, { connections: 0, messages: 0 }, server?.cpuShare],
      [1, 0, { connections: 0, messages: 0 }, null],
    ],
  );
  const gone = run.processes.map((each) => ({ ...each, samples: [] }));
  assert.equal(figuresOf({ ...run, hosts, processes: gone }).hosts[0]?.cpu, null);
});

test('the largest error of a time between two hosts is that of the two least certain clocks of generators', () => {
  const error = (...clocks: [errorUs: number, driftUs: number | null, role?: 'server' | 'generator'][]) =>
    oneWayErrorUs({
      hosts: clocks.map(([errorUs, driftUs, role = 'generator' as const]) => ({
        ...ANY,
        ...{ name: 'a', cpus: 1, isRunners: false, workers: [], sendLag: null },
        role,
        clock: { errorUs, driftUs },
      })),
    });
  assert.equal(error([10, 2], [40, -5], [20, null], [500, 0, 'server']), 45 + 20);
  assert.deepEqual(
    [error([10, 2]), error([10, 2], [500, 0, 'server']), error(), oneWayErrorUs({})],
    [0, 0, 0, 0],
  );
  assert.equal(error([0, -1], [0, null]), 1);
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
  const used = (...list: typeof samples) =>
    figuresOf({ ...run, hosts: [{ ...proxy, samples: { cpus: [0, 1], samples: list } }] }).hosts[0]?.used;
  const [start] = samples;
  assert.ok(start);
  const between = (idleUs: number) => [
    { ...start, atUs: 4e6 },
    { ...start, atUs: 8e6, idleUs },
  ];
  assert.deepEqual(
    [used(start), used(...between(0)), used(...between(2e6)), used(...between(9e6))],
    [null, 1, 0.75, 0],
  );
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
