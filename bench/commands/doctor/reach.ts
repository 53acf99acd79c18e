import { Problem } from '../../model/failure.ts';
import type { Machine } from '../../model/machine.ts';
import { planRequest } from '../../plan/plan.ts';
import { TOO_LITTLE_MEMORY } from '../../plan/preflight.ts';
import { chooseVariants, type Library } from '../../plan/variants.ts';
import { parseRequest } from '../../request/request.ts';

/** The number of WebSockets that a run can have on this machine. */
export interface Reach {
  connections: number;
  /** What limits the number of connections: a sentence that includes the remedy, and a code. */
  limit: { code: string | null; text: string };
}

/** Upper bound of the search; no machine has enough ports for this many connections. */
const TOO_MANY = 1_000_000;

/**
 * Finds how many connections this machine can run, and what limits them, using the preflight check that
 * decides whether a run may start. Assumes TLS and 64-byte messages.
 */
export function reachOf(machine: Machine, library: Library): Reach {
  const sides = chooseVariants(library, ['tls']);
  const asked = parseRequest(['-p', 'tls']);
  if (asked.command !== 'run') throw new TypeError('the command line does not start a run');
  const { run } = asked;
  const context = { command: [], now: new Date(0), seed: 0, machine };
  const [step = ''] = run.steps;

  function limitAt(connections: number): Reach['limit'] | null {
    try {
      const { notices } = planRequest({ ...run, connections }, sides, context).planStep({
        variant: 'tls',
        step,
      });
      return notices.find(({ code }) => code === TOO_LITTLE_MEMORY) ?? null;
    } catch (error) {
      if (error instanceof Problem) return { code: error.code, text: error.message };
      throw error;
    }
  }

  let possible = 0;
  let refused = TOO_MANY;
  while (refused - possible > 1) {
    const middle = Math.floor((possible + refused) / 2);
    if (limitAt(middle) === null) possible = middle;
    else refused = middle;
  }
  return { connections: possible, limit: limitAt(refused) ?? { code: null, text: '' } };
}
