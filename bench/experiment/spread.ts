import type { Fleet } from '../load/fleet.ts';
import type { ProxyKind } from '../model/proxy.ts';
import type { RunProcess, Share } from '../model/run.ts';
import type { ServerStats } from '../topology/servers.ts';

/**
 * How connections and echoed messages were distributed over processes. The generator counts them per worker of
 * the proxy, which it identifies from a header in the handshake response. Servers and generator workers keep
 * their own counts.
 */
export function spreadOf(
  fleet: Fleet,
  processes: readonly RunProcess[],
  stats: readonly (ServerStats | null)[],
  kind: ProxyKind,
): Share[] {
  return [...proxyShares(fleet, processes, kind), ...serverShares(stats), ...generatorShares(fleet)];
}

function proxyShares(fleet: Fleet, processes: readonly RunProcess[], kind: ProxyKind): Share[] {
  const routes = fleet.routes();
  // A stream proxy adds no header, so nothing shows which worker handles which connection.
  if (routes.every(({ proxyWorker }) => proxyWorker === null)) return [];
  const shares = new Map<string, Share>();
  for (const { name, pid } of processes.filter((each) => each.role === 'worker'))
    shares.set(String(pid), { component: 'proxy', name, connections: 0, messages: 0 });
  for (const { proxyWorker, connections, messages } of routes) {
    if (proxyWorker === null) continue;
    // Name of a worker that started later, either after a reload or to replace one that died.
    const name = `${kind} worker (process ${proxyWorker})`;
    const share = shares.get(proxyWorker) ?? { component: 'proxy', name, connections: 0, messages: 0 };
    share.connections += connections;
    share.messages += messages;
    shares.set(proxyWorker, share);
  }
  return [...shares.values()];
}

function serverShares(stats: readonly (ServerStats | null)[]): Share[] {
  return stats.flatMap((stat, i) =>
    stat === null
      ? []
      : [
          {
            component: 'server' as const,
            name: `echo server ${i + 1}`,
            connections: stat.connections.total,
            messages: stat.messages,
          },
        ],
  );
}

function generatorShares(fleet: Fleet): Share[] {
  return fleet.totals().map(({ worker, opened, echoed, delivered }) => ({
    component: 'generator',
    name: `generator ${worker + 1}`,
    connections: opened,
    messages: delivered ?? echoed ?? 0,
  }));
}
