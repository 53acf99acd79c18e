import type { Coordinator } from '../load/coordinator.ts';
import type { GeneratorHosts } from '../model/machine.ts';
import { connectTo, type NatsAccess } from './connection.ts';
import { readWhereabouts } from './host-facts.ts';
import { natsCoordinator } from './nats-coordinator.ts';
import { callAgents, type WantedAgents } from './roll-call.ts';

/** The agents that generate the load of all runs of an invocation. */
export interface FoundAgents {
  hosts: GeneratorHosts;
  coordinator: Coordinator;
  /** Ends what is still running, and disconnects from NATS. */
  close(): Promise<void>;
}

/**
 * Connects to NATS and finds the agents.
 *
 * @param connect connects to the NATS server
 * @throws Problem('environment') if NATS cannot be reached, or the agents are missing or do not fit
 */
export async function findAgents(
  access: NatsAccess,
  wanted: WantedAgents,
  version: string,
  signal: AbortSignal,
  connect = connectTo,
): Promise<FoundAgents> {
  const connection = await connect(access, 'runner');
  try {
    const agents = await callAgents(connection, wanted, version, signal);
    const coordinator = natsCoordinator(connection, agents, await readWhereabouts());
    return {
      hosts: {
        agents: agents.map(({ name }) => name),
        openFilesLimit: Math.min(...agents.map(({ openFiles }) => openFiles)),
        bun: agents.every(({ bun }) => bun),
      },
      coordinator,
      async close() {
        await coordinator.close();
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
