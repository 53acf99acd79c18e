import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { EngineName } from '../model/plan.ts';
import type { Demand } from './reckoning.ts';

/** How a machine comes to have Bun. */
const GET_BUN =
  '`npm install` brings it on Linux unless told to omit optional dependencies, and one on PATH serves as well (1.4.4 or later)';

/**
 * What runs the lean ends of a run: Bun where there is one, for it leaves the most to what is measured.
 *
 * @param asked --engine; null: not given
 * @throws Problem where Bun is asked for and missing
 */
export function engineOf(
  asked: EngineName | null,
  { client, server }: Pick<Demand, 'client' | 'server'>,
  { bun }: Pick<Machine, 'bun'>,
  notices: Notice[],
): EngineName {
  const lean = client === 'lean' || server === 'lean';
  if (!lean || asked === 'node') return 'node';
  if (bun !== null) return 'bun';
  if (asked === 'bun')
    throw new Problem('environment', `--engine bun: there is no Bun on this machine: ${GET_BUN}.`);
  notices.push({
    level: 'info',
    code: 'engine-node',
    text: `Lean client and lean echo server run on Node, for there is no Bun on this machine: on Bun they cost less CPU, and more is left for what is measured. ${GET_BUN}.`,
  });
  return 'node';
}
