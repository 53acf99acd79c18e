import { readFile } from 'node:fs/promises';
import type { ProxyKind } from '../model/proxy.ts';
import type { Role, RunProcess } from '../model/run.ts';
import type { NamedProcess } from './process-set.ts';

/**
 * Returns the role of a proxy's process, given the title that the process has set; null if it has no role.
 */
export type RoleOf = (title: string) => Role | null;

/**
 * Creates a function that lists the current processes of a running proxy, with the names shown to the user.
 * Workers are numbered in the order in which they were first seen.
 *
 * @param masters the proxy's masters in the order of their start; an upgrade of the binary adds one
 */
export function proxyProcesses(
  kind: ProxyKind,
  roleOf: RoleOf,
  masters: readonly NamedProcess[],
): () => Promise<RunProcess[]> {
  const numbers = new Map<number, number>();
  return async () => {
    const pids = (await Promise.all(masters.map(({ pid }) => pidsOfChildren(pid, roleOf, 'worker')))).flat();
    for (const pid of pids) if (!numbers.has(pid)) numbers.set(pid, numbers.size + 1);
    const workers = pids.map(
      (pid): RunProcess => ({
        component: 'proxy',
        role: 'worker',
        name: `${kind} worker ${numbers.get(pid) ?? 0}`,
        pid,
      }),
    );
    return [
      ...masters.map(({ name, pid }): RunProcess => ({ component: 'proxy', role: 'master', name, pid })),
      ...workers,
    ];
  };
}

/** Pids of a process's children with this role, in ascending order; empty if there is no /proc or no such process. */
export async function pidsOfChildren(parent: number, roleOf: RoleOf, role: Role): Promise<number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
  const pids = children
    .split(' ')
    .filter((each) => each.trim() !== '')
    .map(Number);
  const titles = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => roleOf(titles[index] ?? '') === role).sort((a, b) => a - b);
}
