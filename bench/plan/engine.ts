import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { EngineName } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import type { Demand } from './reckoning.ts';

/** How to get Bun onto a machine. */
export const GET_BUN =
  'Run `npm install` without omitting optional dependencies (on Linux), or put Bun 1.4.4 or later on PATH';

/**
 * Without TLS, messages up to this size cost Bun no more than Node (4 KiB: 1.02 of Node's CPU, 16 KiB: 1.17). With
 * TLS, Bun costs less at any size, but everything that is compared has to run on one engine.
 */
const MOST_BYTES_ON_BUN = 4096;

/**
 * A generator on Bun shares its CPU with the threads of Bun's compiler, which take slices of milliseconds for
 * seconds after the start. In short open-loop runs, send lag p99 was 0.1 to 4 ms, compared to 0.05 to 0.12 on Node.
 * An open loop needs little CPU, so a precise schedule has priority. With many connections, opening them takes less
 * CPU and memory on Bun.
 */
const MOST_CONNECTIONS_ON_SCHEDULE = 10_000;

/**
 * The engine of the lean client and server of a run. Bun is preferred if available, because it leaves the most CPU
 * to what is measured. The exceptions are large messages, and runs in which only the generator is lean and keeps a
 * schedule. The engine is the same for every variant of an invocation.
 *
 * @param asked --engine; null if not given
 * @throws Problem if Bun is requested but missing
 */
export function engineOf(
  asked: EngineName | null,
  { client, server, payload, load, connections }: Demand,
  { bun }: Pick<Machine, 'bun'>,
  notices: Notice[],
): EngineName {
  const lean = client === 'lean' || server === 'lean';
  if (!lean || asked === 'node') return 'node';
  if (bun !== null && asked === 'bun') return 'bun';
  if (bun !== null && payload.maxBytes <= MOST_BYTES_ON_BUN) {
    const keepsSchedule = load?.kind === 'open' && server === 'ws';
    if (!keepsSchedule || connections > MOST_CONNECTIONS_ON_SCHEDULE) return 'bun';
    notices.push(notice('info', 'engine-schedule', { bun }));
    return 'node';
  }
  if (bun !== null) {
    notices.push(notice('info', 'engine-large-messages', { bun, mostBytes: MOST_BYTES_ON_BUN }));
    return 'node';
  }
  if (asked === 'bun') throw new Problem('environment', `--engine bun: this machine has no Bun. ${GET_BUN}.`);
  notices.push(notice('info', 'engine-node', { remedy: GET_BUN }));
  return 'node';
}
