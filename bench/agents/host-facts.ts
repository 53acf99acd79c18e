import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import type { AgentInput } from './agent.ts';
import type { AgentFacts } from './protocol.ts';

/** Identifies the machine and the network namespace in which a process runs. */
export type Whereabouts = Pick<AgentFacts, 'machine' | 'network'>;

/**
 * Identifies this machine and this process's network namespace. Outside Linux, both values are random and
 * differ between processes.
 */
export async function readWhereabouts(): Promise<Whereabouts> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => randomUUID());
  const network = await readlink('/proc/self/ns/net').catch(() => randomUUID());
  return { machine: machine.trim(), network };
}

/** Number of source ports in the default range of Linux. */
const DEFAULT_PORTS = 28_232;

/** Whether this host's kernel reuses source ports in TIME_WAIT, whatever the target. */
export async function readPortReuse(): Promise<Pick<AgentFacts, 'reusesPorts'>> {
  const text = await readFile('/proc/sys/net/ipv4/tcp_tw_reuse', 'utf8').catch(() => '');
  return { reusesPorts: text.trim() === '1' };
}

/** Returns the facts about an agent that stay the same until it exits. */
export function agentFacts(
  {
    name,
    version,
    role,
    listen,
    system,
    machine: { cpus, openFilesLimit, somaxconn, portRange, bun },
  }: AgentInput,
  whereabouts: Whereabouts & Pick<AgentFacts, 'reusesPorts'>,
): Omit<AgentFacts, 'run'> {
  return {
    name,
    instance: randomUUID(),
    version,
    role,
    listen,
    system,
    cpus: cpus.length,
    openFiles: openFilesLimit,
    somaxconn,
    ports: portRange === null ? DEFAULT_PORTS : portRange[1] - portRange[0] + 1,
    bun: bun !== null,
    ...whereabouts,
  };
}
