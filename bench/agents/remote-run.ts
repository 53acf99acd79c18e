import { randomUUID } from 'node:crypto';
import { makeGate } from '../load/gate.ts';
import type { WorkerCommand } from '../load/protocol.ts';
import { Problem } from '../model/failure.ts';
import type { AgentHost } from '../model/host.ts';
import type { Observed, OtherHosts } from '../model/other-hosts.ts';
import type { ProcessSeries } from '../model/run.ts';
import type { ServerStats } from '../topology/servers.ts';
import type { Bus } from './bus.ts';
import { type ClockOffset, ownTimes } from './clock-offset.ts';
import type { Whereabouts } from './host-facts.ts';
import { inOwnTime } from './own-time.ts';
import { watchPresence } from './presence.ts';
import type {
  AgentFacts,
  Begin,
  BeginGenerator,
  BeginProxy,
  BeginServer,
  Reported,
  Started,
  Verb,
} from './protocol.ts';
import { ask, askStats, compareClocks, endRun, invalidAnswer } from './requests.ts';

/** Time allowed for an agent to begin its part. */
const BEGIN_MS = 30_000;
/** Time allowed for an agent to acknowledge a command. */
const COMMAND_MS = 5_000;

/** One agent's part of a run. */
export interface Part {
  agent: AgentFacts;
  duty:
    | Omit<BeginGenerator, 'run' | 'version'>
    | Omit<BeginProxy, 'run' | 'version'>
    | Omit<BeginServer, 'run' | 'version'>;
}

/** The runner's callbacks for messages from agents. */
export interface RemoteListener {
  hear(agent: string, message: Exclude<Reported, { type: 'lost' }>): void;
  /** Called when an agent is lost, so no more messages from it are expected. */
  gone(agent: string): void;
}

/** The parts of one run on other hosts. */
export interface RemoteRun extends OtherHosts {
  /** How far the clock of the agent's host is ahead of the runner's clock, in ns. */
  offsetOf(agent: string): bigint;
  /**
   * Passes a command to a generator worker. If the command is not acknowledged in time, the agent counts as
   * lost.
   *
   * @param withinMs default: 5 s
   */
  tell(agent: string, worker: number, command: WorkerCommand, withinMs?: number): void;
  /**
   * Makes the agents begin their parts. Resolves when all agents are ready. The result contains what each agent
   * has started.
   *
   * @param isExpected whether an agent may have started what it reports; by default, an agent must have started
   * neither Nginx nor servers
   * @throws Problem('environment') that names the agent if an agent does not become ready, or has started
   * anything unexpected. In this case, the run has been ended on all agents.
   */
  begin<Expected extends Started | null = null>(
    listener: RemoteListener,
    isExpected?: (started: Started | null) => started is Expected,
  ): Promise<Expected[]>;
  /**
   * Returns the last lines of the error log of a proxy that an agent started. Only available once the run has
   * ended.
   */
  errorLog(): string[];
  /** Returns the counters of an agent's echo servers; null if the agent does not answer. */
  stats(agent: string): Promise<(ServerStats | null)[] | null>;
}

/**
 * Prepares a run on other hosts: compares their clocks with the runner's, and watches whether their agents
 * still respond.
 *
 * @param here machine and network namespace of the runner
 * @throws Problem('environment') if an agent does not answer
 */
export async function openRemoteRun(
  connection: Bus,
  here: Whereabouts,
  parts: readonly Part[],
): Promise<RemoteRun> {
  const run = randomUUID();
  const agents = parts.map(({ agent }) => agent);
  const stream = await connection.openStream();
  const clocks = new Map<string, ClockOffset>();
  for (const { name } of agents) clocks.set(name, await compareClocks(connection, name));
  const losses: ((sentence: string) => void)[] = [];
  const lost = new Map<string, string>();
  const lostEarly = makeGate<string>();
  let errorLog: string[] = [];
  /** Epoch of the run, on the runner's clock. */
  let observedNs = 0n;
  let listener: RemoteListener = { hear() {}, gone() {} };

  function lose(agent: string, sentence: string): void {
    if (lost.has(agent)) return;
    lost.set(agent, sentence);
    lostEarly.open(sentence);
    for (const listen of losses) listen(sentence);
    listener.gone(agent);
  }

  /** Sends a request to an agent. An agent that refuses or does not answer counts as lost. */
  async function command(agent: string, verb: Verb, request: object, withinMs = COMMAND_MS): Promise<void> {
    await ask(connection, agent, verb, { run, ...request }, withinMs).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      lose(agent, error.message);
    });
  }

  const stopListening = await stream.listen(run, agents, (agent, message) => {
    if (message.type === 'lost') lose(agent, `The agent ${agent} gave up: ${message.reason}`);
    else listener.hear(agent, message);
  });
  const stopWatching = watchPresence(connection, run, agents, lose);
  const offsetOf = (agent: string) => clocks.get(agent)?.offsetNs ?? 0n;

  async function endAll() {
    const ended = agents.map(async (agent) => ({
      agent,
      ...(await endRun(connection, agent.name, run, lost.has(agent.name))),
    }));
    return Promise.all(ended);
  }

  async function close(): Promise<void> {
    stopWatching();
    stopListening();
    await stream.purge(run);
  }

  return {
    offsetOf,
    tell(agent, worker, told, withinMs) {
      // A failure of the `leave` command is ignored, because the run is about to end, which stops the worker anyway.
      if (told.type === 'leave')
        ask(connection, agent, 'tell', { run, worker, command: told }, COMMAND_MS).catch(() => {});
      else void command(agent, 'tell', { worker, command: told }, withinMs);
    },
    async begin<Expected extends Started | null = null>(
      given: RemoteListener,
      isExpected = (started: Started | null): started is Expected => started === null,
    ) {
      listener = given;
      const begun = parts.map(({ agent: { name, version }, duty }) =>
        ask(connection, name, 'begin', { run, version, ...duty } satisfies Begin, BEGIN_MS),
      );
      const loss = lostEarly.opened.then((sentence) => Promise.reject(new Problem('environment', sentence)));
      try {
        const started = await Promise.race([Promise.all(begun), loss]);
        if (started.every(isExpected)) return started;
        throw invalidAnswer(agents[started.findIndex((each) => !isExpected(each))]?.name ?? '');
      } catch (error) {
        // Waits for agents that are still starting workers. Otherwise, those workers would keep running.
        await Promise.race([Promise.allSettled(begun), loss.catch(() => {})]);
        await endAll();
        await close();
        throw error;
      }
    },
    errorLog: () => errorLog,
    stats: (agent) => askStats(connection, agent, run),
    async observe(epochNs, intervalMs) {
      observedNs = epochNs;
      const told = agents.map(({ name }) =>
        command(name, 'observe', { epochNs: String(epochNs + offsetOf(name)), intervalMs }),
      );
      await Promise.all(told);
    },
    sampleAt(timesUs) {
      for (const { name } of agents) void command(name, 'sample', { timesUs });
    },
    onLost(tell) {
      losses.push(tell);
      for (const sentence of lost.values()) tell(sentence);
    },
    async end(): Promise<Observed> {
      const ended = await endAll();
      errorLog = ended.flatMap((each) => each.errorLog);
      const hosts: Observed['hosts'][number][] = [];
      const seen: ProcessSeries[] = [];
      for (const { agent, machine, processes } of ended) {
        const { name } = agent;
        const before = clocks.get(name);
        if (before === undefined) continue;
        const after = lost.has(name) ? null : await compareClocks(connection, name).catch(() => null);
        const isRunners = agent.machine === here.machine;
        const toOwn = ownTimes(observedNs, before, after);
        // An agent's processes on the runner's own machine compete for the same CPUs as the runner's
        // processes, so they are treated as if the runner had started them.
        for (const each of processes) seen.push(isRunners ? each : { ...inOwnTime(each, toOwn), host: name });
        hosts.push({
          name,
          role: agent.role,
          cpus: agent.cpus,
          isRunners,
          machine: agent.system,
          samples: isRunners || machine === null ? machine : inOwnTime(machine, toOwn),
          workers: parts.flatMap((part) => (part.agent === agent ? indexesOf(part.duty) : [])),
          clock: clockFacts(before, after),
        });
      }
      await close();
      return { processes: seen, hosts };
    },
  };
}

/** Returns the indexes of an agent's workers or servers within the run. */
function indexesOf(duty: Part['duty']): number[] {
  if (duty.role === 'generator') return [...duty.workers];
  if (duty.role === 'proxy') return [];
  return Array.from({ length: duty.count }, (_, index) => duty.first - 1 + index);
}

function clockFacts(before: ClockOffset, after: ClockOffset | null): AgentHost['clock'] {
  const us = (ns: bigint) => Math.round(Number(ns) / 1e3);
  const largest = after !== null && after.errorNs > before.errorNs ? after.errorNs : before.errorNs;
  return {
    errorUs: Math.ceil(Number(largest) / 1e3),
    driftUs: after === null ? null : us(after.offsetNs - before.offsetNs),
  };
}
