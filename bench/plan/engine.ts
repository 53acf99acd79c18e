import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { EngineName } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import type { Demand } from './reckoning.ts';

/** How to install Bun. */
export const GET_BUN =
  'Run `npm install` with optional dependencies included (Linux only), or put Bun 1.4.4 or later on PATH';

/**
 * Maximum message size for which Bun is chosen by default. Without TLS, Bun uses hardly any more CPU than
 * Node up to this size (4 KiB: 1.02 times Node's CPU, 16 KiB: 1.17 times). With TLS, Bun uses less CPU at any
 * size, but all runs that are compared must use the same engine.
 */
const MOST_BYTES_ON_BUN = 4096;

/**
 * Up to this number of connections, a lean generator that keeps a schedule runs on Node. A generator on Bun
 * shares its CPU with Bun's compiler threads. For several seconds after the start, these threads run for
 * milliseconds at a time. In short open-loop runs, p99 send lag was 0.1 to 4 ms, compared with 0.05 to 0.12
 * ms on Node. An open loop needs little CPU, so a precise schedule has priority. With many connections, Bun
 * uses less CPU and memory to open them.
 */
const MOST_CONNECTIONS_ON_SCHEDULE = 10_000;

/**
 * Chooses the engine of a run's lean client and server. Bun is preferred if available, because it leaves the
 * most CPU time for the component under test. The exceptions are large messages, and open-loop runs in which
 * the generator is lean but the server is not. All variants of an invocation use the same engine.
 *
 * @param asked --engine; null if not given
 * @throws Problem if Bun is requested but not available
 */
export function engineOf(
  asked: EngineName | null,
  { client, server, payload, loop, connections }: Demand,
  { bun }: Pick<Machine, 'bun'>,
  notices: Notice[],
): EngineName {
  const lean = client === 'lean' || server === 'lean';
  if (!lean || asked === 'node') return 'node';
  if (bun !== null && asked === 'bun') return 'bun';
  if (bun !== null && payload.maxBytes <= MOST_BYTES_ON_BUN) {
    const keepsSchedule = loop === 'open' && server !== 'lean';
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
