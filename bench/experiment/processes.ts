import type { RunPlan } from '../model/plan.ts';
import type { RunProcess } from '../model/run.ts';
import { backendChildren } from '../topology/backend.ts';
import type { Launched } from '../topology/process.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

/**
 * All processes of a run, including the runner. The proxy's processes are those alive at the time of the
 * call.
 */
export async function listProcesses(
  plan: RunPlan,
  { proxy }: StartedTarget,
  servers: readonly EchoServer[],
  generators: readonly RunProcess[],
): Promise<RunProcess[]> {
  return [
    ...(proxy === null ? [] : await proxy.processes()),
    ...servers.map(({ launched }) => processOf('server', launched)),
    ...(await childrenOf(plan, servers)),
    ...generators,
    { component: 'runner', role: 'runner', name: 'runner', pid: process.pid },
  ];
}

/** Returns processes that the servers have started themselves. Only a user's own backend starts any. */
export async function childrenOf({ server }: RunPlan, servers: readonly EchoServer[]): Promise<RunProcess[]> {
  if (server !== 'own') return [];
  return (await Promise.all(servers.map(({ launched }) => backendChildren(launched)))).flat();
}

/** Describes an echo server or a generator as a process of its run. */
export function processOf(role: 'server' | 'generator', { name, pid }: Launched): RunProcess {
  return { component: role, role, name, pid };
}
