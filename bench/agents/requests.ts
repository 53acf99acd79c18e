import { gunzipSync } from 'node:zlib';
import { monotonicNs } from '../load/clock.ts';
import { Problem } from '../model/failure.ts';
import type { ProcessSeries } from '../model/run.ts';
import { reasonOf } from '../model/system-error.ts';
import type { Bus } from './bus.ts';
import { type ClockOffset, measureOffset } from './clock-offset.ts';
import { encodeMessage, readMessage } from './message.ts';
import { answerSchema, clockSchema, endedSchema, requestSubject } from './protocol.ts';

/** The requests of a runner to its agents. Each has a deadline. */

const CLOCK_MS = 2_000;
/** How long an agent has to stop its workers and send what it observed. */
const END_MS = 15_000;

/**
 * Sends a request whose answer is yes or no.
 *
 * @throws Problem('environment') that names the agent if it refuses, or does not answer in time
 */
export async function ask(
  connection: Bus,
  agent: string,
  verb: 'begin' | 'tell',
  request: unknown,
  timeout: number,
): Promise<void> {
  let reply: { refusal: string | null } | null;
  try {
    const message = await connection.request(requestSubject(agent, verb), encodeMessage(request), {
      timeout,
    });
    reply = readMessage(answerSchema, message);
  } catch {
    throw new Problem('environment', `The agent ${agent} did not answer within ${timeout / 1000} s.`);
  }
  if (reply === null) throw new Problem('environment', `The answer of the agent ${agent} cannot be read.`);
  if (reply.refusal !== null)
    throw new Problem('environment', `The agent ${agent} refused the run: ${reply.refusal}`);
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
      return BigInt(readMessage(clockSchema, reply)?.ns ?? 0);
    });
  } catch (cause) {
    throw new Problem(
      'environment',
      `The agent ${agent} did not answer when its clock was compared: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}

/** Ends a run on an agent. Returns the processes that it observed; none if it cannot be reached. */
export async function endRun(
  connection: Bus,
  agent: string,
  run: string,
  isLost: boolean,
): Promise<ProcessSeries[]> {
  const timeout = isLost ? CLOCK_MS : END_MS;
  const reply = await connection
    .request(requestSubject(agent, 'end'), encodeMessage({ run }), { timeout })
    .catch(() => null);
  if (reply === null) return [];
  const ended = readMessage(endedSchema, { json: () => JSON.parse(gunzipSync(reply.data).toString()) });
  return ended?.processes ?? [];
}
