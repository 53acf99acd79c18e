import { gunzipSync } from 'node:zlib';
import type * as v from 'valibot';
import { monotonicNs } from '../load/clock.ts';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import type { ServerStats } from '../topology/servers.ts';
import type { Bus } from './bus.ts';
import { type ClockOffset, measureOffset } from './clock-offset.ts';
import { encodeMessage, readMessage } from './message.ts';
import {
  answerSchema,
  clockSchema,
  type Ended,
  endedSchema,
  requestSubject,
  type Started,
  statsSchema,
  type Verb,
} from './protocol.ts';

/** The requests of a runner to its agents. Each has a deadline. */

const CLOCK_MS = 2_000;
/** Time allowed for an agent to stop its workers and send what it observed. */
const END_MS = 15_000;

/**
 * Sends a request that the agent accepts or refuses. Returns what the agent has started, if anything.
 *
 * @throws Problem('environment') if the agent refuses or does not answer in time; the message names the agent
 */
export async function ask(
  connection: Bus,
  agent: string,
  verb: Verb,
  request: unknown,
  timeout: number,
): Promise<Started | null> {
  let reply: v.InferOutput<typeof answerSchema> | null;
  try {
    const message = await connection.request(requestSubject(agent, verb), encodeMessage(request), {
      timeout,
    });
    reply = readMessage(answerSchema, message);
  } catch {
    throw new Problem(
      'environment',
      `The agent ${agent} did not answer within ${timeout / 1000} s. Check that it is still running.`,
    );
  }
  if (reply === null) throw invalidAnswer(agent);
  if (reply.refusal !== null)
    throw new Problem('environment', `The agent ${agent} refused the run: ${reply.refusal}`);
  return reply.started;
}

export function invalidAnswer(agent: string): Problem {
  return new Problem('environment', `The agent ${agent} sent an invalid answer.`);
}

/** Asks an agent for the counters of its echo servers; null if it does not answer. */
export async function askStats(
  connection: Bus,
  agent: string,
  run: string,
): Promise<(ServerStats | null)[] | null> {
  const reply = await connection
    .request(requestSubject(agent, 'stats'), encodeMessage({ run }), { timeout: CLOCK_MS })
    .catch(() => null);
  return reply === null ? null : (readMessage(statsSchema, reply)?.stats ?? null);
}

/**
 * Compares an agent's clock with this host's.
 *
 * @throws Problem('environment') if the agent does not answer
 */
export async function compareClocks(connection: Bus, agent: string): Promise<ClockOffset> {
  try {
    return await measureOffset(monotonicNs, async () => {
      const reply = await connection.request(requestSubject(agent, 'clock'), '', { timeout: CLOCK_MS });
      const read = readMessage(clockSchema, reply);
      if (read === null) throw new Error("the agent's answer is not a time");
      return BigInt(read.ns);
    });
  } catch (cause) {
    throw new Problem(
      'environment',
      `The clock of the agent ${agent} could not be compared with this host's: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}

/** Ends a run on an agent. Returns what the agent observed; empty lists if the agent cannot be reached. */
export async function endRun(connection: Bus, agent: string, run: string, isLost: boolean): Promise<Ended> {
  const timeout = isLost ? CLOCK_MS : END_MS;
  const reply = await connection
    .request(requestSubject(agent, 'end'), encodeMessage({ run }), { timeout })
    .catch(() => null);
  if (reply === null) return NOTHING_OBSERVED;
  const ended = readMessage(endedSchema, { json: () => JSON.parse(gunzipSync(reply.data).toString()) });
  return ended ?? NOTHING_OBSERVED;
}

const NOTHING_OBSERVED: Ended = { processes: [], machine: null, errorLog: [] };
