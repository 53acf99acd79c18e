import type { Coordinator, ProxyWatch } from '../load/coordinator.ts';
import { Problem } from '../model/failure.ts';
import type { GeneratorHosts, TopologyHost } from '../model/machine.ts';
import type { PlacedProxyPlan, PlacedServersPlan, TopologyPlaces } from '../topology/placed.ts';
import { connectTo, type NatsAccess } from './connection.ts';
import { readWhereabouts } from './host-facts.ts';
import type { AgentFacts } from './protocol.ts';
import { startRemoteGenerator, startRemoteWatch } from './remote-parts.ts';
import { startRemoteProxy, startRemoteServers } from './remote-topology.ts';
import { callAgents, type WantedAgents } from './roll-call.ts';
import { oneAfterAnother } from './succession.ts';

/** The agents that take part in all runs of an invocation. */
export interface FoundAgents {
  /** Hosts with agents, by component. The runner's own host runs every component that is missing here. */
  hosts: { generators?: GeneratorHosts; proxyHost?: TopologyHost; serverHosts?: TopologyHost[] };
  /** The interfaces through which the runs use the agents. */
  control: { coordinator?: Coordinator; proxyWatch?: ProxyWatch; places?: TopologyPlaces };
  /** Ends the current run, if any, and disconnects from NATS. */
  close(): Promise<void>;
}

/** The agents that an invocation needs. */
export interface AgentsWanted {
  /** Number or names of the agents that generate the load; null if no agent does. */
  generators: WantedAgents['which'] | null;
  /** Name of the agent that watches or runs Nginx; null if no agent does. */
  proxy: string | null;
  /** Number or names of the agents that run the echo servers; null if no agent does. */
  servers: WantedAgents['which'] | null;
  /** Whether the agent named in `proxy` only watches an Nginx that is already running. */
  isWatched: boolean;
}

/**
 * Connects to NATS and finds the agents.
 *
 * @param connect connects to the NATS server
 * @throws Problem('environment') if NATS cannot be reached, or if agents are missing or unsuitable
 */
export async function findAgents(
  access: NatsAccess,
  { isWatched, ...wanted }: AgentsWanted,
  version: string,
  signal: AbortSignal,
  connect = connectTo,
): Promise<FoundAgents> {
  const connection = await connect(access, 'runner');
  const call = async (role: WantedAgents['role'], which: WantedAgents['which'] | null) =>
    which === null ? [] : callAgents(connection, { role, which }, version, signal);
  try {
    const here = await readWhereabouts();
    const generators = await call('generator', wanted.generators);
    const servers = await call('server', wanted.servers);
    const [proxy] = await call('proxy', wanted.proxy === null ? null : [wanted.proxy]);
    if (proxy !== undefined && !isWatched) checkReach(proxy, generators.length === 0 ? [here] : generators);
    for (const server of servers) checkReach(server, [isWatched ? here : (proxy ?? here)]);
    const coordinator = oneAfterAnother((plan: Parameters<Coordinator['start']>[0]) =>
      startRemoteGenerator(connection, generators, here, plan),
    );
    const backends = oneAfterAnother((plan: PlacedServersPlan) =>
      startRemoteServers(connection, servers, here, plan),
    );
    const watch = oneAfterAnother((agent: AgentFacts) => startRemoteWatch(connection, agent, here));
    const nginx = oneAfterAnother(([agent, plan]: [AgentFacts, PlacedProxyPlan]) =>
      startRemoteProxy(connection, agent, here, plan),
    );
    const places: TopologyPlaces = {
      ...(servers.length === 0 ? {} : { startServers: backends.start }),
      ...(proxy === undefined || isWatched ? {} : { startProxy: (plan) => nginx.start([proxy, plan]) }),
    };
    return {
      hosts: {
        ...(generators.length === 0 ? {} : { generators: hostsOf(generators) }),
        ...(servers.length === 0 ? {} : { serverHosts: servers.map(topologyHost) }),
        ...(proxy === undefined || isWatched ? {} : { proxyHost: topologyHost(proxy) }),
      },
      control: {
        ...(generators.length === 0 ? {} : { coordinator }),
        ...(proxy !== undefined && isWatched ? { proxyWatch: { start: () => watch.start(proxy) } } : {}),
        places,
      },
      async close() {
        await Promise.all([coordinator.close(), watch.close(), backends.close(), nginx.close()]);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * @param users hosts and networks from which processes connect to the agent's Nginx or echo servers
 * @throws Problem('environment') if the agent's Nginx or echo servers would listen on an address that cannot be
 * reached from these hosts
 */
export function checkReach(
  { name, listen, machine, network }: Pick<AgentFacts, 'name' | 'listen' | 'machine' | 'network'>,
  users: readonly Pick<AgentFacts, 'machine' | 'network'>[],
): void {
  const isNear = users.every((user) => user.machine === machine && user.network === network);
  if (isNear || listen?.startsWith('127.') !== true) return;
  throw new Problem(
    'environment',
    `The agent ${name} listens on ${listen}, which only its own host can reach. Start it with another address of its host: --listen ADDRESS.`,
  );
}

function hostsOf(agents: readonly AgentFacts[]): GeneratorHosts {
  const scarce = agents.flatMap(({ ports, reusesPorts }) => (reusesPorts ? [] : [ports]));
  return {
    agents: agents.map(({ name }) => name),
    openFilesLimit: Math.min(...agents.map(({ openFiles }) => openFiles)),
    scarcePorts: scarce.length === 0 ? null : Math.min(...scarce),
    bun: agents.every(({ bun }) => bun),
  };
}

function topologyHost({ name, cpus, openFiles, somaxconn, bun }: AgentFacts): TopologyHost {
  return { agent: name, cpus, openFilesLimit: openFiles, somaxconn, bun };
}
