import type { Coordinator, ProxyWatch } from '../load/coordinator.ts';
import type { GeneratorHosts } from '../model/machine.ts';
import { connectTo, type NatsAccess } from './connection.ts';
import { readWhereabouts } from './host-facts.ts';
import type { AgentFacts } from './protocol.ts';
import { startRemoteGenerator, startRemoteWatch } from './remote-parts.ts';
import { callAgents, type WantedAgents } from './roll-call.ts';
import { oneAfterAnother } from './succession.ts';

/** The agents that take part in all runs of an invocation. */
export interface FoundAgents {
  /** Missing if the runner's own host generates the load. */
  hosts?: GeneratorHosts;
  coordinator?: Coordinator;
  /** Missing if no agent watches Nginx. */
  proxyWatch?: ProxyWatch;
  /** Ends what is still running, and disconnects from NATS. */
  close(): Promise<void>;
}

/** The agents that an invocation needs. */
export interface AgentsWanted {
  /** How many generate the load, or which; null if none does. */
  generators: WantedAgents['which'] | null;
  /** The one that watches Nginx; null if none does. */
  proxy: string | null;
}

/**
 * Connects to NATS and finds the agents.
 *
 * @param connect connects to the NATS server
 * @throws Problem('environment') if NATS cannot be reached, or the agents are missing or do not fit
 */
export async function findAgents(
  access: NatsAccess,
  wanted: AgentsWanted,
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
    const [proxy] = await call('proxy', wanted.proxy === null ? null : [wanted.proxy]);
    const coordinator = oneAfterAnother((plan: Parameters<Coordinator['start']>[0]) =>
      startRemoteGenerator(connection, generators, here, plan),
    );
    const watch = oneAfterAnother((agent: AgentFacts) => startRemoteWatch(connection, agent, here));
    return {
      ...(generators.length === 0 ? {} : { hosts: hostsOf(generators), coordinator }),
      ...(proxy === undefined ? {} : { proxyWatch: { start: () => watch.start(proxy) } }),
      async close() {
        await Promise.all([coordinator.close(), watch.close()]);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
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
