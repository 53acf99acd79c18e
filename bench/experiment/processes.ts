import type { RunProcess } from '../model/run.ts';
import type { Launched } from '../topology/process.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

/** All processes of a run, including the runner; those of the proxy are the ones of this moment. */
export async function listProcesses(
  { proxy }: StartedTarget,
  servers: readonly EchoServer[],
  generators: readonly Launched[],
): Promise<RunProcess[]> {
  const of = (role: 'server' | 'generator', { name, pid }: Launched) => ({
    component: role,
    role,
    name,
    pid,
  });
  return [
    ...(proxy === null ? [] : await proxy.processes()),
    ...servers.map(({ launched }) => of('server', launched)),
    ...generators.map((launched) => of('generator', launched)),
    { component: 'runner', role: 'runner', name: 'runner', pid: process.pid },
  ];
}
