import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { EngineName } from '../model/plan.ts';
import type { Demand } from './reckoning.ts';

/** How a machine comes to have Bun. */
export const GET_BUN =
  '`npm install` brings it on Linux unless told to omit optional dependencies, and one on PATH serves as well (1.4.4 or later)';

/**
 * Messages up to this size cost Bun no more than Node without TLS (4 KiB: 1.02 of Node's CPU, 16 KiB: 1.17). With
 * TLS Bun is the cheaper one at any size, but what is compared has to run on one engine.
 */
const MOST_BYTES_ON_BUN = 4096;

/**
 * A generator on Bun shares its CPU with the threads of Bun's compiler, which take slices of milliseconds for seconds
 * after the start: in short runs of an open loop the p99 of its send lag was 0.1 to 4 ms where that of Node was 0.05
 * to 0.12. What an open loop takes of a CPU is little, so the exact schedule comes first. Many connections are opened
 * for less CPU and memory on Bun.
 */
const MOST_CONNECTIONS_ON_SCHEDULE = 10_000;

/**
 * What runs the lean ends of a run: Bun where there is one, for it leaves the most to what is measured, but
 * not for large messages, nor where the generator alone is lean and keeps a schedule. The same for every variant of an
 * invocation.
 *
 * @param asked --engine; null: not given
 * @throws Problem where Bun is asked for and missing
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
    const keepsSchedule = load.kind === 'open' && server === 'ws';
    if (!keepsSchedule || connections > MOST_CONNECTIONS_ON_SCHEDULE) return 'bun';
    notices.push({
      level: 'info',
      code: 'engine-schedule',
      text: `The generator runs on Node: it keeps a schedule more exactly than on Bun ${bun}, whose compiler takes slices of its CPU. --engine bun runs it on Bun.`,
    });
    return 'node';
  }
  if (bun !== null) {
    notices.push({
      level: 'info',
      code: 'engine-large-messages',
      text: `Lean client and lean echo server run on Node: messages larger than ${MOST_BYTES_ON_BUN} bytes cost Bun ${bun} more CPU than Node, unless they go over TLS. --engine bun runs them on Bun.`,
    });
    return 'node';
  }
  if (asked === 'bun')
    throw new Problem('environment', `--engine bun: there is no Bun on this machine: ${GET_BUN}.`);
  notices.push({
    level: 'info',
    code: 'engine-node',
    text: `Lean client and lean echo server run on Node, for there is no Bun on this machine: on Bun they cost less CPU, and more is left for what is measured. ${GET_BUN}.`,
  });
  return 'node';
}
