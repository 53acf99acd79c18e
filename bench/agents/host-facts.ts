import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import type { AgentInput } from './agent.ts';
import type { AgentFacts } from './protocol.ts';

/** Where a process runs. */
export type Whereabouts = Pick<AgentFacts, 'machine' | 'network'>;

/** Identifies this machine and the network that this process sees. Outside Linux, every process has its own. */
export async function readWhereabouts(): Promise<Whereabouts> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => randomUUID());
  const network = await readlink('/proc/self/ns/net').catch(() => randomUUID());
  return { machine: machine.trim(), network };
}

/** The facts about an agent that do not change. */
export function agentFacts(
  { name, version, role, system, machine: { cpus, openFilesLimit, bun } }: AgentInput,
  whereabouts: Whereabouts,
): Omit<AgentFacts, 'run'> {
  return {
    name,
    instance: randomUUID(),
    version,
    role,
    system,
    cpus: cpus.length,
    openFiles: openFilesLimit,
    bun: bun !== null,
    ...whereabouts,
  };
}
