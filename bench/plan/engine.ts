import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
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
 * What runs the lean ends of a run: Bun where there is one, for it leaves the most to what is measured, but
 * not for large messages. The same for every variant of an invocation.
 *
 * @param asked --engine; null: not given
 * @throws Problem where Bun is asked for and missing
 */
export function engineOf(
  asked: EngineName | null,
  { client, server, payload }: Pick<Demand, 'client' | 'server' | 'payload'>,
  { bun }: Pick<Machine, 'bun'>,
  notices: Notice[],
): EngineName {
  const lean = client === 'lean' || server === 'lean';
  if (!lean || asked === 'node') return 'node';
  if (bun !== null && (asked === 'bun' || payload.maxBytes <= MOST_BYTES_ON_BUN)) return 'bun';
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
