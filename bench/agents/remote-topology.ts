import { Problem } from '../model/failure.ts';
import type { OtherHosts } from '../model/other-hosts.ts';
import type { PlacedProxyPlan, PlacedServersPlan } from '../topology/placed.ts';
import type { ReachableServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import type { Bus } from './bus.ts';
import type { Whereabouts } from './host-facts.ts';
import type { AgentFacts } from './protocol.ts';
import { openRemoteRun } from './remote-run.ts';
import { invalidAnswer } from './requests.ts';

const NO_REPORTS = { hear() {}, gone() {} };

/** Echo servers on other hosts. */
export interface RemoteServers extends OtherHosts {
  servers: ReachableServer[];
}

/**
 * Starts echo servers, distributed evenly over agents.
 *
 * @param here machine and network namespace of the runner
 * @throws Problem('environment') if an agent cannot start its servers
 */
export async function startRemoteServers(
  connection: Bus,
  agents: readonly AgentFacts[],
  here: Whereabouts,
  { count, kind, engine, args, maxPayloadBytes }: PlacedServersPlan,
): Promise<RemoteServers> {
  let first = 1;
  const parts = agents.map((agent, at) => {
    const own = Math.floor(count / agents.length) + (at < count % agents.length ? 1 : 0);
    const duty = {
      role: 'server' as const,
      first,
      count: own,
      kind,
      engine,
      args: [...args],
      maxPayloadBytes,
    };
    first += own;
    return { agent, duty };
  });
  const remote = await openRemoteRun(connection, here, parts);
  const started = await remote.begin(NO_REPORTS, (each) => each?.role === 'server');
  return {
    ...remote,
    servers: started.flatMap(({ servers }, at) =>
      servers.map((address, index) => ({
        ...address,
        socket: null,
        certPath: null,
        stats: async () => (await remote.stats(agents[at]?.name ?? ''))?.[index] ?? null,
      })),
    ),
  };
}

/** Nginx on another host. */
export interface RemoteProxy extends OtherHosts {
  target: StartedTarget;
}

/**
 * Starts Nginx on an agent, in front of the servers in the plan.
 *
 * @param here machine and network namespace of the runner
 * @throws Problem('environment') if the agent cannot start Nginx
 */
export async function startRemoteProxy(
  connection: Bus,
  agent: AgentFacts,
  here: Whereabouts,
  { kind, profile, tunings, proxy, upstreams }: PlacedProxyPlan,
): Promise<RemoteProxy> {
  const start = {
    ...{ kind, profile, tunings: [...tunings], proxy },
    upstreams: upstreams.map(({ host, port }) => ({ host, port })),
  };
  const remote = await openRemoteRun(connection, here, [{ agent, duty: { role: 'proxy', start } }]);
  const [started] = await remote.begin(NO_REPORTS, (each) => each?.role === 'proxy');
  if (started === undefined) throw invalidAnswer(agent.name);
  const { host, ports, path, page, tls, http2, requestHost, facts, notices } = started;
  const outOfReach = () =>
    new Problem('environment', 'Nginx runs on another host, where this bench cannot control it.');
  return {
    ...remote,
    target: {
      ...{ host, ports, path, page, http2 },
      tls:
        tls === null ? null : { servername: tls.servername, ...(tls.ca === undefined ? {} : { ca: tls.ca }) },
      request: { host: requestHost, headers: [] },
      proxy: {
        // The agent observes the processes of this Nginx.
        processes: async () => [],
        reload() {
          throw outOfReach();
        },
        upgrade: () => Promise.reject(outOfReach()),
        folderPath: null,
        facts,
        notices,
        explain: () => [],
        readErrorLog: async () => remote.errorLog(),
      },
    },
  };
}
