import type { Generator, GeneratorPlan } from '../load/coordinator.ts';
import { Problem } from '../model/failure.ts';
import type { OtherHosts } from '../model/other-hosts.ts';
import type { Bus } from './bus.ts';
import type { Whereabouts } from './host-facts.ts';
import type { AgentFacts } from './protocol.ts';
import { openRemoteRun } from './remote-run.ts';
import { type RemoteWorker, remoteWorker } from './remote-worker.ts';

/** Time allowed for the start command to reach every worker and be acknowledged, whatever the network. */
const HEAD_START_US = 1_000_000;

/**
 * Starts the generator workers of a run on agents.
 *
 * @param agents the agents over which the workers are distributed
 * @param here machine and network namespace of the runner
 */
export async function startRemoteGenerator(
  connection: Bus,
  agents: readonly AgentFacts[],
  here: Whereabouts,
  { workers: count, client, engine, target }: GeneratorPlan,
): Promise<Generator> {
  checkReach(agents, here, target);
  const { host, ports } = target;
  const parts = agents.map((agent, at) => ({
    agent,
    duty: {
      role: 'generator' as const,
      workers: Array.from({ length: count }, (_, index) => index).filter(
        (index) => index % agents.length === at,
      ),
      ...{ client, engine },
      target: { host, ports: [...ports] },
    },
  }));
  const remote = await openRemoteRun(connection, here, parts);
  const workers = new Map<number, RemoteWorker>();
  for (const { agent, duty } of parts)
    for (const index of duty.workers)
      workers.set(
        index,
        remoteWorker({ host: agent.name, index }, remote.offsetOf(agent.name), (command) =>
          remote.tell(agent.name, index, command, command.type === 'start' ? HEAD_START_US / 1e3 : undefined),
        ),
      );
  await remote.begin({
    hear(_, message) {
      const worker = workers.get(message.worker);
      if (message.type === 'exited') worker?.exit();
      else worker?.report(message.report);
    },
    // The agent's workers will send no more reports, so the run must not wait for them.
    gone(agent) {
      for (const worker of workers.values()) if (worker.id.host === agent) worker.exit();
    },
  });
  return {
    ...remote,
    workers: [...workers].sort(([a], [b]) => a - b).map(([, worker]) => worker),
    processes: [],
    headStartUs: HEAD_START_US,
  };
}

/**
 * Makes an agent watch the Nginx on its host for a run.
 *
 * @param here machine and network namespace of the runner
 */
export async function startRemoteWatch(
  connection: Bus,
  agent: AgentFacts,
  here: Whereabouts,
): Promise<OtherHosts> {
  const remote = await openRemoteRun(connection, here, [{ agent, duty: { role: 'proxy', start: null } }]);
  await remote.begin({ hear() {}, gone() {} });
  return remote;
}

/** @throws Problem('environment') if an agent would connect to its own loopback interface instead of the target */
function checkReach(
  agents: readonly AgentFacts[],
  here: Whereabouts,
  { host }: GeneratorPlan['target'],
): void {
  const apart = agents.filter(({ machine, network }) => machine !== here.machine || network !== here.network);
  if (apart.length === 0 || !/^(127\.|::1$)/.test(host)) return;
  const names = apart.map(({ name }) => name).join(', ');
  throw new Problem(
    'environment',
    `The target listens on ${host}, which only this host can reach, but these agents are on other hosts: ${names}. Use --listen with an address of this host that they can reach.`,
  );
}
