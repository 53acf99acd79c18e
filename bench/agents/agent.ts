import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Msg } from '@nats-io/transport-node';
import type * as v from 'valibot';
import { monotonicNs } from '../load/clock.ts';
import type { WorkerCommand } from '../load/protocol.ts';
import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import { type AgentRun, beginAgentRun } from './agent-run.ts';
import { type AllowedTarget, refusalOf, withAddresses } from './allow-list.ts';
import type { Bus } from './bus.ts';
import { connectTo, type NatsAccess } from './connection.ts';
import { agentFacts, readWhereabouts } from './host-facts.ts';
import { type AgentLimits, excessOf } from './limits.ts';
import { encodeMessage, readMessage } from './message.ts';
import { makeOutbox } from './outbox.ts';
import {
  type AgentFacts,
  type Answer,
  beginSchema,
  endSchema,
  LOST_MS,
  PRESENCE_MS,
  presenceSubject,
  ROLL_CALL,
  requestSubject,
  runnerSubject,
  tellSchema,
} from './protocol.ts';

/** An agent to run on this host. */
export interface AgentInput {
  access: NatsAccess;
  name: string;
  version: string;
  machine: Machine;
  /** The only targets on which the agent puts load; if empty, those on its own loopback addresses. */
  allowed: readonly AllowedTarget[];
  limits: AgentLimits;
  say(line: string): void;
  /** Stops the agent gracefully. */
  signal: AbortSignal;
  /** Kills all processes that are still running. */
  urgent: AbortSignal;
}

/** How long to wait for another agent of the same name to answer before this one takes the name. */
const NAME_TAKEN_MS = 500;
const NOT_THIS_RUN = 'it does not carry out this run.';

/**
 * Serves runs, one at a time, until the signal aborts.
 *
 * @param connect connects to the NATS server
 * @throws Problem('environment') if NATS cannot be reached, or another agent has the same name
 */
export async function serveAgent(input: AgentInput, connect = connectTo): Promise<void> {
  const { access, name, version, machine, allowed, say, signal } = input;
  const connection = await connect(access, `agent ${name}`);
  try {
    await refuseTakenName(connection, name);
    const facts = agentFacts(name, version, machine, await readWhereabouts());
    const agent = makeAgent(connection, facts, input);
    const targets = allowed.map(({ host, port }) => (port === null ? host : `${host}:${port}`));
    const where = targets.length === 0 ? 'its own loopback addresses' : targets.join(', ');
    say(`Agent ${name} is ready at ${access.url}. It may put load on ${where}.`);
    if (!signal.aborted) await once(signal, 'abort');
    await agent.close();
  } finally {
    await connection.drain();
  }
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
  { allowed: named, limits, say, urgent }: AgentInput,
) {
  const { name, version, instance } = fixed;
  let current: AgentRun | null = null;
  /** Names are resolved to addresses at the beginning of the run. */
  let allowed: readonly AllowedTarget[] = [];
  const facts = (): AgentFacts => ({ ...fixed, run: current?.run ?? null });
  const reply = (message: Msg, value: unknown) => void message.respond(encodeMessage(value));
  const answer = (message: Msg, refusal: string | null) => reply(message, { refusal } satisfies Answer);

  /** Handles a request. Rejects one that does not match this version's format. */
  function serve<Schema extends v.GenericSchema>(
    verb: 'begin' | 'tell' | 'end',
    schema: Schema,
    handle: (message: Msg, request: v.InferOutput<Schema>) => void | Promise<void>,
  ): void {
    connection.subscribe(requestSubject(name, verb), {
      callback(error, message) {
        if (error !== null) return;
        const request = readMessage(schema, message);
        if (request === null)
          answer(message, `it does not understand the request. It runs version ${version}.`);
        else void handle(message, request);
      },
    });
  }

  connection.subscribe(ROLL_CALL, { callback: (_, message) => reply(message, facts()) });
  connection.subscribe(requestSubject(name, 'clock'), {
    callback: (_, message) => reply(message, { ns: String(monotonicNs()) }),
  });
  serve('begin', beginSchema, async (message, begin) => {
    if (begin.version !== version)
      return answer(message, `it runs version ${version}, and the runner ${begin.version}.`);
    const addresses = await withAddresses(named);
    if (current !== null) return answer(message, 'it is busy with another run.');
    allowed = addresses;
    const refusal = refusalOf(begin.target, allowed);
    if (refusal !== null) {
      say(`Refused a run: ${refusal}`);
      return answer(message, refusal);
    }
    const run = beginAgentRun(begin, makeOutbox(connection, begin.run, name), { say, urgent });
    current = run;
    try {
      await run.ready;
    } catch (error) {
      await finish(run, () => run.end());
      if (!(error instanceof Problem)) throw error;
      return answer(message, error.message);
    }
    const { host, ports } = begin.target;
    const numbers = begin.workers.map((index) => index + 1);
    say(`Run ${begin.run}: load on ${host}:${ports.join(',')} by generator ${numbers.join(', ')}.`);
    void watchRunner(connection, run, () => current !== run).then(async (isGone) => {
      if (!isGone) return;
      say(`Run ${begin.run}: the runner is gone, and everything was stopped.`);
      await finish(run, () => run.giveUp('it has not heard from the runner.'));
    });
    answer(message, null);
  });
  serve('tell', tellSchema, (message, { run, worker, command }) => {
    // The plan may differ from what was allowed at the beginning.
    if (current?.run !== run) return answer(message, NOT_THIS_RUN);
    const refusal =
      command.type === 'connect'
        ? (refusalOf(command.plan.target, allowed) ?? excessOf(command.plan.runPlan, current.workers, limits))
        : null;
    if (refusal !== null) {
      say(`Refused a run: ${refusal}`);
      return answer(message, refusal);
    }
    const isKnown = current.tell(worker, command as unknown as WorkerCommand);
    answer(message, isKnown ? null : NOT_THIS_RUN);
  });
  serve('end', endSchema, async (message, { run }) => {
    const ended = current;
    if (ended?.run !== run) return answer(message, NOT_THIS_RUN);
    const processes = await finish(ended, () => ended.end());
    say(`Run ${run}: ended.`);
    message.respond(gzipSync(encodeMessage({ processes })));
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
 * Resolves when the run is over, or its runner has been silent for too long.
 *
 * @returns whether the runner is gone
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
