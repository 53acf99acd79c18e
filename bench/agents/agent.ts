import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Msg } from '@nats-io/transport-node';
import type * as v from 'valibot';
import { monotonicNs } from '../load/clock.ts';
import type { WorkerCommand } from '../load/protocol.ts';
import { Problem } from '../model/failure.ts';
import type { AgentRole, HostMachine } from '../model/host.ts';
import type { Machine } from '../model/machine.ts';
import type { Watch } from '../observe/watched.ts';
import { type AgentRun, beginGeneratorRun } from './agent-run.ts';
import { type AllowedTarget, refusalOf, withAddresses } from './allow-list.ts';
import type { Bus } from './bus.ts';
import { connectTo, type NatsAccess } from './connection.ts';
import { agentFacts, readPortReuse, readWhereabouts } from './host-facts.ts';
import { type AgentLimits, excessOf } from './limits.ts';
import { encodeMessage, readMessage } from './message.ts';
import { makeOutbox } from './outbox.ts';
import {
  type AgentFacts,
  type Answer,
  type Begin,
  beginSchema,
  endSchema,
  LOST_MS,
  observeSchema,
  PRESENCE_MS,
  presenceSubject,
  ROLL_CALL,
  requestSubject,
  runnerSubject,
  type Started,
  sampleSchema,
  tellSchema,
  type Verb,
} from './protocol.ts';
import { beginProxyRun, beginServerRun, type OwnProxy } from './topology-run.ts';
import { beginWatchRun } from './watch-run.ts';

/** Options of an agent on this host. */
export interface AgentInput {
  access: NatsAccess;
  name: string;
  version: string;
  machine: Machine;
  system: HostMachine;
  role: AgentRole;
  /**
   * The only targets that the agent may put under load, or to which an Nginx started by the agent may connect.
   * If empty, only the agent's own loopback addresses are allowed.
   */
  allowed: readonly AllowedTarget[];
  limits: AgentLimits;
  /** The processes that an agent with the role `proxy` observes; empty if the agent starts Nginx itself. */
  watches: readonly Watch[];
  /**
   * Address on which the Nginx or the echo servers started by this agent listen; null if the agent starts
   * neither.
   */
  listen: string | null;
  proxy: OwnProxy;
  say(line: string): void;
  /** When aborted, stops the agent gracefully. */
  signal: AbortSignal;
  /** When aborted, kills all processes that are still running. */
  urgent: AbortSignal;
}

/** How long a starting agent waits for an answer from another agent with the same name. */
const NAME_TAKEN_MS = 500;
const NOT_THIS_RUN = 'it is not carrying out this run.';

/**
 * Runs an agent, which takes part in one run at a time, until the signal aborts.
 *
 * @param connect connects to the NATS server
 * @throws Problem('environment') if NATS cannot be reached, or another agent has the same name
 */
export async function serveAgent(input: AgentInput, connect = connectTo): Promise<void> {
  const { access, name, say, signal } = input;
  const connection = await connect(access, `agent ${name}`);
  try {
    await refuseTakenName(connection, name);
    const agent = makeAgent(
      connection,
      agentFacts(input, { ...(await readWhereabouts()), ...(await readPortReuse()) }),
      input,
    );
    say(`Agent ${name} is ready at ${access.url}. ${dutyOf(input)}`);
    if (!signal.aborted) await once(signal, 'abort');
    await agent.close();
  } finally {
    await connection.drain();
  }
}

function dutyOf({ role, allowed, watches, listen }: AgentInput): string {
  if (role === 'server') return `For each run, the agent starts echo servers on ${listen}.`;
  if (role === 'proxy' && watches.length > 0)
    return `The agent watches ${watches.map((each) => ('pid' in each ? `process ${each.pid}` : each.name)).join(', ')}.`;
  const targets = allowed.map(({ host, port }) => (port === null ? host : `${host}:${port}`));
  const where = targets.length === 0 ? 'its own loopback addresses' : targets.join(', ');
  return role === 'proxy'
    ? `For each run, the agent starts Nginx on ${listen}, in front of servers on ${where}.`
    : `The agent is allowed to put load on ${where}.`;
}

async function refuseTakenName(connection: Bus, name: string): Promise<void> {
  const other = await connection
    .request(requestSubject(name, 'clock'), '', { timeout: NAME_TAKEN_MS })
    .catch(() => null);
  if (other === null) return;
  throw new Problem(
    'environment',
    `Another agent is called ${name}. Give this one a different name with --name.`,
  );
}

function makeAgent(
  connection: Bus,
  fixed: Omit<AgentFacts, 'run'>,
  { allowed: named, limits, watches, listen, proxy, say, urgent }: AgentInput,
) {
  const { name, version, instance, role } = fixed;
  let current: AgentRun | null = null;
  /** The targets allowed in the current run. Names were resolved to addresses when the run began. */
  let allowed: readonly AllowedTarget[] = [];
  const facts = (): AgentFacts => ({ ...fixed, run: current?.run ?? null });
  const reply = (message: Msg, value: unknown) => void message.respond(encodeMessage(value));
  const answer = (message: Msg, refusal: string | null) => reply(message, { refusal } satisfies Answer);

  /** Handles a request, or refuses it if it does not match the format of this version. */
  function serve<Schema extends v.GenericSchema>(
    verb: Exclude<Verb, 'clock'>,
    schema: Schema,
    handle: (message: Msg, request: v.InferOutput<Schema>) => void | Promise<void>,
  ): void {
    connection.subscribe(requestSubject(name, verb), {
      callback(error, message) {
        if (error !== null) return;
        const request = readMessage(schema, message);
        if (request === null)
          answer(
            message,
            `it does not understand the request. It runs version ${version}. Install the same version on all hosts.`,
          );
        else void handle(message, request);
      },
    });
  }

  /** Returns the current run if it has the ID `run`. Otherwise, refuses the request and returns null. */
  function currentRun(message: Msg, run: string): AgentRun | null {
    if (current?.run === run) return current;
    answer(message, NOT_THIS_RUN);
    return null;
  }

  /** Returns why this agent refuses to begin a run; null if it does not refuse. */
  async function refusalToBegin(begin: Begin): Promise<string | null> {
    if (begin.version !== version)
      return `it runs version ${version}, but the runner runs version ${begin.version}. Install the same version on all hosts.`;
    if (begin.role !== role) return `its role is ${role}.`;
    const addresses = await withAddresses(named);
    if (current !== null)
      return 'it is busy with another run. Wait for that run to end, or name another agent.';
    allowed = addresses;
    const refusal = refusalOfTarget(begin);
    if (refusal !== null) say(`Refused a run: ${refusal}`);
    return refusal;
  }

  function refusalOfTarget(begin: Begin): string | null {
    if (begin.role === 'generator') return refusalOf(begin.target, allowed);
    if (begin.role === 'server') return null;
    if (begin.start === null)
      return watches.length > 0 ? null : 'it watches no process. Restart the agent with --watch.';
    if (listen === null)
      return 'it only watches an Nginx and does not start one. Restart the agent with --listen instead of --watch.';
    for (const { host, port } of begin.start.upstreams) {
      const refusal = refusalOf({ host, ports: [port] }, allowed);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  function beginRun(begin: Begin): { run: AgentRun; what: string } {
    const outbox = makeOutbox(connection, begin.run, name);
    const ears = { say, urgent };
    const at = listen ?? '';
    if (begin.role === 'server') {
      const run = beginServerRun(begin, at, outbox, ears);
      return { run, what: `${begin.count} echo servers on ${at}` };
    }
    if (begin.role === 'proxy') {
      const { run, start } = begin;
      return start === null
        ? { run: beginWatchRun(run, watches, outbox), what: 'watching the proxy' }
        : { run: beginProxyRun(run, start, proxy, at, outbox, ears), what: `${start.kind} on ${at}` };
    }
    const { host, ports } = begin.target;
    const numbers = begin.workers.map((index) => index + 1);
    return {
      run: beginGeneratorRun(begin, outbox, ears),
      what: `load on ${host}:${ports.join(',')} by generator ${numbers.join(', ')}`,
    };
  }

  connection.subscribe(ROLL_CALL, { callback: (_, message) => reply(message, facts()) });
  connection.subscribe(requestSubject(name, 'clock'), {
    callback: (_, message) => reply(message, { ns: String(monotonicNs()) }),
  });
  serve('begin', beginSchema, async (message, begin) => {
    const refusal = await refusalToBegin(begin);
    if (refusal !== null) return answer(message, refusal);
    const { run, what } = beginRun(begin);
    current = run;
    let started: Started | null;
    try {
      started = await run.ready;
    } catch (error) {
      await finish(run, () => run.end());
      if (!(error instanceof Problem)) throw error;
      return answer(message, error.message);
    }
    say(`Run ${begin.run}: ${what}.`);
    void watchRunner(connection, run, () => current !== run).then(async (isGone) => {
      if (!isGone) return;
      await finish(run, () => run.giveUp('it has not heard from the runner.'));
      say(`Run ${begin.run}: the runner is gone, so the agent stopped everything.`);
    });
    reply(message, { refusal: null, started } satisfies Answer);
  });
  serve('stats', endSchema, async (message, { run }) => {
    const asked = currentRun(message, run);
    if (asked !== null) reply(message, { stats: await asked.stats() });
  });
  serve('tell', tellSchema, (message, { run, worker, command }) => {
    // The plan is checked here as well, because it may differ from the plan that was accepted when the run
    // began.
    const told = currentRun(message, run);
    if (told === null) return;
    const refusal =
      command.type === 'connect'
        ? (refusalOf(command.plan.target, allowed) ?? excessOf(command.plan.runPlan, told.workers, limits))
        : null;
    if (refusal !== null) {
      say(`Refused a run: ${refusal}`);
      return answer(message, refusal);
    }
    answer(message, told.tell(worker, command as unknown as WorkerCommand) ? null : NOT_THIS_RUN);
  });
  serve('observe', observeSchema, async (message, { run, epochNs, intervalMs }) => {
    const observed = currentRun(message, run);
    if (observed === null) return;
    await observed.observer.begin(BigInt(epochNs), intervalMs);
    answer(message, null);
  });
  serve('sample', sampleSchema, (message, { run, timesUs }) => {
    const observed = currentRun(message, run);
    if (observed === null) return;
    observed.observer.sampleAt(timesUs);
    answer(message, null);
  });
  serve('end', endSchema, async (message, { run }) => {
    const ended = currentRun(message, run);
    if (ended === null) return;
    const observed = await finish(ended, () => ended.end());
    say(`Run ${run}: ended.`);
    message.respond(gzipSync(encodeMessage(observed)));
  });
  const presence = setInterval(() => {
    connection.publish(presenceSubject(name), encodeMessage({ instance, run: current?.run ?? null }));
  }, PRESENCE_MS);

  async function finish<T>(run: AgentRun, end: () => Promise<T>): Promise<T> {
    const ended = await end();
    if (current === run) current = null;
    return ended;
  }

  return {
    async close(): Promise<void> {
      const run = current;
      if (run !== null) await finish(run, () => run.giveUp('it was stopped.'));
      clearInterval(presence);
    },
  };
}

/**
 * Resolves when a run is over, or when its runner has sent nothing for too long.
 *
 * @returns whether the runner is considered lost
 */
async function watchRunner(connection: Bus, { run }: AgentRun, isOver: () => boolean): Promise<boolean> {
  let heardMs = performance.now();
  const subscription = connection.subscribe(runnerSubject(run), {
    callback: () => {
      heardMs = performance.now();
    },
  });
  while (!isOver() && performance.now() - heardMs < LOST_MS)
    await sleep(PRESENCE_MS, undefined, { ref: false });
  subscription.unsubscribe();
  return !isOver();
}
