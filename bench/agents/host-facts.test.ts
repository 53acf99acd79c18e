import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import type { AgentInput } from './agent.ts';
import { agentFacts, readPortReuse, readWhereabouts } from './host-facts.ts';

const SYSTEM = { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 };
const MACHINE: AgentInput['machine'] = {
  ...{ cpus: [0, 1, 2], openFilesLimit: 1024, memoryBytes: 1e9, somaxconn: 128, portRange: null },
  ...{ isRoot: false, bun: null, ioUring: null },
};
const HERE = { machine: 'm', network: 'n', reusesPorts: true };

test('the facts about an agent are those of its machine, with an identifier of its own', () => {
  const input = { name: 'a', version: '1', role: 'server', listen: '192.0.2.1', system: SYSTEM } as const;
  const facts = (machine: Partial<AgentInput['machine']>) =>
    agentFacts({ ...input, machine: { ...MACHINE, ...machine } } as AgentInput, HERE);
  const { instance, ...plain } = facts({});
  assert.deepEqual(plain, {
    ...{ ...input, ...HERE },
    ...{ cpus: 3, openFiles: 1024, somaxconn: 128, ports: 28_232, bun: false },
  });
  const ranged = facts({
    portRange: [1000, 1004],
    bun: '/usr/bin/bun' as unknown as AgentInput['machine']['bun'],
  });
  assert.deepEqual([ranged.ports, ranged.bun], [5, true]);
  assert.notEqual(ranged.instance, instance);
});

test('a machine and its network namespace are identified by the kernel', async () => {
  assert.deepEqual(await readWhereabouts(), {
    machine: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    network: readlinkSync('/proc/self/ns/net'),
  });
  const reuse = readFileSync('/proc/sys/net/ipv4/tcp_tw_reuse', 'utf8');
  assert.deepEqual(await readPortReuse(), { reusesPorts: reuse === '1\n' });
});
