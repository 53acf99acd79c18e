import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import type { Machine } from '../model/machine.ts';
import type { AgentFacts } from './protocol.ts';

/** Identifies where a process runs. */
export type Whereabouts = Pick<AgentFacts, 'machine' | 'network'>;

/** Identifies this machine and the network that this process sees. Outside Linux, every process has its own. */
export async function readWhereabouts(): Promise<Whereabouts> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => randomUUID());
  const network = await readlink('/proc/self/ns/net').catch(() => randomUUID());
  return { machine: machine.trim(), network };
}

/** The facts about an agent that do not change. */
export function agentFacts(
  name: string,
  version: string,
  { cpus, openFilesLimit, bun }: Machine,
  whereabouts: Whereabouts,
): Omit<AgentFacts, 'run'> {
  return {
    name,
    instance: randomUUID(),
    version,
    cpus: cpus.length,
    openFiles: openFilesLimit,
    bun: bun !== null,
    ...whereabouts,
  };
}
