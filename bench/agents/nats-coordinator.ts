import { randomUUID } from 'node:crypto';
import type { Coordinator, Generator, GeneratorPlan, Observed } from '../load/coordinator.ts';
import { makeGate } from '../load/gate.ts';
import { Problem } from '../model/failure.ts';
import type { GeneratorHost } from '../model/host.ts';
import type { ProcessSeries } from '../model/run.ts';
import type { Bus } from './bus.ts';
import { type ClockOffset, ownTimes } from './clock-offset.ts';
import type { Whereabouts } from './host-facts.ts';
import { inOwnTime } from './own-time.ts';
import { watchPresence } from './presence.ts';
import type { AgentFacts, Begin } from './protocol.ts';
import { type RemoteWorker, remoteWorker } from './remote-worker.ts';
import { ask, compareClocks, endRun } from './requests.ts';

/** How long an agent has to start its workers. */
const BEGIN_MS = 30_000;
/** How long an agent has to acknowledge a command. */
const COMMAND_MS = 5_000;
/** Time in which the command to start reaches every worker and is acknowledged, over any network. */
const HEAD_START_US = 1_000_000;

/**
 * Coordinates agents over NATS. `close` ends what is still running.
 *
 * @param agents the generator hosts, which share the workers of each run
 * @param here where the runner is
 */
export function natsCoordinator(
  connection: Bus,
  agents: readonly AgentFacts[],
  here: Whereabouts,
): Coordinator & { close(): Promise<void> } {
  /** A run that failed before its load may not have been ended. */
  let current: Generator | null = null;
  async function close(): Promise<void> {
    await current?.end();
    current = null;
  }
  return {
    async start(plan) {
      await close();
      const generator = await startRemote(connection, agents, here, plan);
      current = generator;
      return {
        ...generator,
        end() {
          current = null;
          return generator.end();
        },
      };
    },
    close,
  };
}

async function startRemote(
  connection: Bus,
  agents: readonly AgentFacts[],
  here: Whereabouts,
  plan: GeneratorPlan,
): Promise<Generator> {
  checkReach(agents, here, plan.target);
  const run = randomUUID();
  const stream = await connection.openStream();
  const losses: ((sentence: string) => void)[] = [];
  const lost = new Map<string, string>();
  const lostEarly = makeGate<string>();
  const groups = agents.map((agent, at) => ({
    agent,
    indexes: Array.from({ length: plan.workers }, (_, index) => index).filter(
      (index) => index % agents.length === at,
    ),
  }));
  const workers = new Map<number, RemoteWorker>();
  /** Epoch of the run, on the runner's clock. */
  let epochNs = 0n;

  function lose(agent: string, sentence: string): void {
    if (lost.has(agent)) return;
    lost.set(agent, sentence);
    lostEarly.open(sentence);
    for (const listen of losses) listen(sentence);
    // Its workers will report nothing more, so the run must not wait for them.
    for (const worker of workers.values()) if (worker.id.host === agent) worker.exit();
  }

  const clocks = new Map<string, ClockOffset>();
  for (const { agent } of groups) clocks.set(agent.name, await compareClocks(connection, agent.name));
  for (const { agent, indexes } of groups)
    for (const index of indexes) {
      const { offsetNs } = clocks.get(agent.name) ?? { offsetNs: 0n };
      workers.set(
        index,
        remoteWorker({
          id: { host: agent.name, index },
          offsetNs,
          tell(command) {
            if (command.type === 'connect') epochNs = BigInt(command.plan.epochNs) - offsetNs;
            return ask(
              connection,
              agent.name,
              'tell',
              { run, worker: index, command },
              command.type === 'start' ? HEAD_START_US / 1e3 : COMMAND_MS,
            );
          },
          onFailure: (sentence) => lose(agent.name, sentence),
        }),
      );
    }
  const stopListening = await stream.listen(run, agents, (agent, message) => {
    if (message.type === 'lost') lose(agent, `The agent ${agent} gave up: ${message.reason}`);
    else if (message.type === 'exited') workers.get(message.worker)?.exit();
    else workers.get(message.worker)?.report(message.report);
  });
  const stopWatching = watchPresence(connection, run, agents, lose);
  const { target, client, engine } = plan;
  const { host, ports } = target;
  const begun = groups.map(({ agent, indexes }) => {
    const begin: Begin = {
      ...{ run, version: agent.version, workers: indexes, client, engine },
      target: { host, ports: [...ports] },
    };
    return ask(connection, agent.name, 'begin', begin, BEGIN_MS);
  });
  async function end(): Promise<ProcessSeries[]> {
    const ended = groups.map(async ({ agent: { name, machine } }) => {
      const processes = await endRun(connection, name, run, lost.has(name));
      // Processes on the runner's machine compete with the others there, as if the runner had started them.
      return machine === here.machine ? processes : processes.map((each) => ({ ...each, host: name }));
    });
    return (await Promise.all(ended)).flat();
  }
  async function close(): Promise<void> {
    stopWatching();
    stopListening();
    await stream.purge(run);
  }
  const loss = lostEarly.opened.then((sentence) => Promise.reject(new Problem('environment', sentence)));
  try {
    await Promise.race([Promise.all(begun), loss]);
  } catch (error) {
    // An agent that is still starting its workers would otherwise keep them.
    await Promise.race([Promise.allSettled(begun), loss.catch(() => {})]);
    await end();
    await close();
    throw error;
  }
  return {
    workers: [...workers].sort(([a], [b]) => a - b).map(([, worker]) => worker),
    processes: [],
    headStartUs: HEAD_START_US,
    onLost(tell) {
      losses.push(tell);
      for (const sentence of lost.values()) tell(sentence);
    },
    async end(): Promise<Observed> {
      const observed = await end();
      const toOwn = new Map<string, (otherUs: number) => number>();
      const hosts: Observed['hosts'][number][] = [];
      for (const { agent, indexes } of groups) {
        const before = clocks.get(agent.name);
        if (before === undefined) continue;
        const after = lost.has(agent.name)
          ? null
          : await compareClocks(connection, agent.name).catch(() => null);
        toOwn.set(agent.name, ownTimes(epochNs, before, after));
        hosts.push({
          name: agent.name,
          cpus: agent.cpus,
          isRunners: agent.machine === here.machine,
          workers: indexes,
          clock: clockFacts(before, after),
        });
      }
      await close();
      const processes = observed.map((each) => {
        const convert = toOwn.get(each.host ?? '');
        return convert === undefined ? each : inOwnTime(each, convert);
      });
      return { processes, hosts };
    },
  };
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
    `The target listens on ${host}, which only this host can reach, and these agents are on other hosts: ${names}. Use --listen with an address of this host that they can reach.`,
  );
}

function clockFacts(before: ClockOffset, after: ClockOffset | null): GeneratorHost['clock'] {
  const us = (ns: bigint) => Math.round(Number(ns) / 1e3);
  const largest = after !== null && after.errorNs > before.errorNs ? after.errorNs : before.errorNs;
  return {
    errorUs: Math.ceil(Number(largest) / 1e3),
    driftUs: after === null ? null : us(after.offsetNs - before.offsetNs),
  };
}
