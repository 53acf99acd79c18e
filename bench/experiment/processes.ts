import type { Component } from '../model/run.ts';
import { workerPids } from '../topology/nginx.ts';
import type { Launched } from '../topology/process.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

/** One process of the topology. */
export interface NamedProcess {
  component: Component;
  name: string;
  pid: number;
}

/** All processes of a run, the runner among them; Nginx's workers are those of this moment. */
export async function listProcesses(
  { proxy }: StartedTarget,
  servers: readonly EchoServer[],
  generators: readonly Launched[],
): Promise<NamedProcess[]> {
  const master: NamedProcess[] =
    proxy === null ? [] : [{ component: 'proxy', name: 'nginx master', pid: proxy.launched.pid }];
  const pids = proxy === null ? [] : await workerPids(proxy.launched.pid);
  const workers = pids.map((pid, i) => ({ component: 'proxy' as const, name: `nginx worker ${i + 1}`, pid }));
  const named = (component: 'server' | 'generator') => (launched: Launched) => ({
    component,
    name: launched.name,
    pid: launched.pid,
  });
  return [
    ...master,
    ...workers,
    ...servers.map(({ launched }) => launched).map(named('server')),
    ...generators.map(named('generator')),
    { component: 'runner', name: 'runner', pid: process.pid },
  ];
}
