import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import { notice } from '../wording/finding.ts';
import { profileNamed, requestOf, SMALL_MACHINE } from './plan.test.fixture.ts';
import { echoServers, generatorWorkers, proxyMachine, proxyWorkers } from './processes.ts';

/** A machine with nine CPUs, on which a process holds 100 connections. */
const MACHINE: Machine = {
  ...SMALL_MACHINE,
  cpus: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  openFilesLimit: 164,
};

type Decide = (line: string, machine: Machine, notices: Notice[]) => number;
const generators: Decide = (line, machine, notices) => generatorWorkers(requestOf(line), machine, notices);
const servers: Decide = (line, machine, notices) =>
  echoServers(requestOf(line), profileNamed('plain'), machine, notices);
const workers: Decide = (line, machine, notices) => proxyWorkers(requestOf(line), machine, notices);

/** Returns the number of processes, and the notices about it. */
function decided(decide: Decide, line: string, changes: Partial<Machine> = {}): unknown[] {
  const notices: Notice[] = [];
  return [decide(line, { ...MACHINE, ...changes }, notices), ...notices];
}

const hold = { bound: 'open-files', each: 100, openFiles: 164 } as const;

test('there are as many processes as a third of the CPUs, or as the connections need', () => {
  assert.deepEqual(decided(generators, '-c 300'), [3]);
  assert.deepEqual(decided(generators, '-c 2'), [2]);
  const needed = { needed: 4, byDefault: 3, connections: 301, hold };
  assert.deepEqual(decided(generators, '-c 301'), [4, notice('info', 'preflight-generators', needed)]);
  assert.deepEqual(decided(servers, '-c 300'), [3]);
  assert.deepEqual(decided(servers, '-c 301'), [4, notice('info', 'preflight-servers', needed)]);
  // 100 connections hold 43 WebSockets, or 25 of workers that are selected by a hash.
  assert.deepEqual(decided(workers, '-c 43'), [3]);
  assert.deepEqual(decided(workers, '-c 75'), [3]);
  const each = { bound: 'nginx-files', each: 25, openFiles: 164 } as const;
  assert.deepEqual(decided(workers, '-c 76'), [
    4,
    notice('info', 'preflight-nginx-workers', { needed: 4, byDefault: 3, connections: 76, hold: each }),
  ]);
  for (const decide of [generators, servers, workers])
    assert.deepEqual(
      [1, 2, 3, 5, 6].map((cpus) => decided(decide, '-c 9', { cpus: MACHINE.cpus.slice(0, cpus) })),
      [...[[1], [1], [1], [1], [2]]],
    );
});

test('a requested number is used if it is enough', () => {
  for (const [decide, option, connections, least] of [
    [generators, '--workers', 200, 2],
    [servers, '--servers', 200, 2],
    [workers, '--nginx-workers', 50, 2],
  ] as const) {
    assert.deepEqual(decided(decide, `-c ${connections} ${option} ${least}`), [least]);
    assert.throws(() => decided(decide, `-c ${connections + 1} ${option} ${least}`), {
      kind: 'environment',
      message: new RegExp(`^${option} 2 is too few for ${connections + 1} connections: .* Use ${option} 3,`),
    });
  }
});

test('more processes than are useful are refused', () => {
  const refusal = (words: string) => ({ kind: 'environment', message: new RegExp(words) });
  assert.equal(decided(generators, '-c 3200')[0], 32);
  assert.throws(
    () => decided(generators, '-c 3201'),
    refusal('^3,201 connections need 33 generator .* at most 32'),
  );
  assert.equal(decided(servers, '-c 3200')[0], 32);
  assert.throws(() => decided(servers, '-c 3201'), refusal('^3,201 connections need 33 echo servers, .* 32'));
  assert.equal(decided(workers, '-c 1600')[0], 64);
  assert.throws(
    () => decided(workers, '-c 1601'),
    refusal('^1,601 connections need 65 Nginx workers, .* 64'),
  );
  assert.throws(
    () => decided(generators, '-c 1', { openFilesLimit: 64 }),
    refusal('^No generator processes can run'),
  );
  assert.deepEqual(decided(generators, '-c 1', { openFilesLimit: 65 }), [1]);
});

test('agents each need a process and a connection, and have their own limit on open files', () => {
  const nats = '--nats nats://n --agents 3';
  const hosts = { agents: ['a', 'b', 'c'], openFilesLimit: 74, bun: false, scarcePorts: null };
  assert.deepEqual(decided(generators, `-c 30 ${nats}`, { generators: hosts }), [3]);
  assert.deepEqual(decided(generators, `-c 31 ${nats}`, { generators: hosts }), [
    4,
    notice('info', 'preflight-generators', {
      ...{ needed: 4, byDefault: 3, connections: 31 },
      hold: { bound: 'open-files', each: 10, openFiles: 74 },
    }),
  ]);
  assert.equal(decided(generators, `-c 960 ${nats}`, { generators: hosts })[0], 96);
  assert.throws(() => decided(generators, `-c 961 ${nats}`, { generators: hosts }), {
    message: /at most 96/,
  });
  assert.deepEqual(decided(generators, `-c 3 --workers 3 ${nats}`, { generators: hosts }), [3]);
  assert.throws(() => decided(generators, `-c 2 ${nats}`, { generators: hosts }), {
    kind: 'usage',
    message: /^Each of the 3 agents needs at least one connection\. Use at least --connections 3,/,
  });
  assert.throws(() => decided(generators, `-c 3 --workers 2 ${nats}`, { generators: hosts }), {
    kind: 'usage',
    message: /^Each of the 3 agents needs at least one process\. Use at least --workers 3,/,
  });
});

test('echo servers are limited by source ports only behind a proxy', () => {
  const few = { portRange: [10_000, 10_099] as const };
  const ports = { needed: 4, byDefault: 3, connections: 136, hold: { bound: 'ports', each: 45 } } as const;
  assert.deepEqual(decided(servers, '-c 135', few), [3]);
  assert.deepEqual(decided(servers, '-c 136', few), [4, notice('info', 'preflight-servers', ports)]);
  assert.throws(() => decided(servers, '-c 136 --servers 3', few), { message: /ip_local_port_range/ });
  const direct = (connections: number) => {
    const notices: Notice[] = [];
    const machine = { ...MACHINE, ...few };
    return echoServers(requestOf(`-c ${connections}`), profileNamed('direct'), machine, notices);
  };
  assert.deepEqual([direct(300), direct(301)], [3, 4]);
});

const host = (agent: string, cpus: number, openFilesLimit: number) => ({
  ...{ agent, cpus, openFilesLimit, somaxconn: 99, bun: true },
});

test('servers on other hosts use the CPUs of all of them, and the lowest limit on open files', () => {
  const serverHosts = [host('a', 2, 1000), host('b', 3, 164)];
  assert.deepEqual(decided(servers, '-c 500', { serverHosts }), [5]);
  assert.deepEqual(decided(servers, '-c 501', { serverHosts })[0], 6);
  assert.throws(() => decided(servers, '-c 9 --servers 1', { serverHosts }), {
    kind: 'usage',
    message: /^Each of the 2 server agents needs at least one echo server, but there would be only 1\./,
  });
  assert.deepEqual(decided(servers, '-c 9 --servers 2', { serverHosts }), [2]);
});

test('a profile and a scenario may require a number of servers', () => {
  const count = (line: string, least: number) =>
    echoServers(requestOf(line), profileNamed('balanced', least), MACHINE, []);
  assert.deepEqual([count('-c 9', 5), count('-c 9', 2)], [5, 3]);
  assert.deepEqual([count('-c 9 --backend x{port}', 2), count('-c 9 --backend x{port}', 1)], [2, 1]);
  assert.throws(() => count('--scenario backend-loss -c 9 --servers 1', 1), {
    kind: 'usage',
    message: /^The scenario backend-loss needs at least 2 echo servers, but balanced would have 1\./,
  });
  assert.equal(count('--scenario backend-loss -c 9 --servers 2', 1), 2);
  const { scenario } = requestOf('--scenario broadcast -c 9');
  const most = scenario.servers?.most ?? 0;
  assert.equal(most, 1);
  assert.equal(count('--scenario broadcast -c 9', 1), 1);
  assert.throws(() => count('--scenario broadcast -c 9 --servers 2', 1), {
    kind: 'usage',
    message: /^The scenario broadcast supports at most 1 echo server, but balanced would have 2\./,
  });
});

test('Nginx on another host has all CPUs and limits of that host', () => {
  assert.equal(proxyMachine(MACHINE), MACHINE);
  const { cpus, ...limits } = proxyMachine({ ...MACHINE, proxyHost: host('p', 2, 500) });
  const { cpus: _, ...own } = MACHINE;
  assert.deepEqual(cpus, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(limits, { ...own, proxyHost: host('p', 2, 500), openFilesLimit: 500, somaxconn: 99 });
  assert.deepEqual(decided(workers, '-c 9', { proxyHost: host('p', 2, 500) }), [2]);
});
