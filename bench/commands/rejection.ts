import { Problem } from '../model/failure.ts';

/** Returns why this machine cannot execute a plan; null if it can. Rethrows errors other than a Problem. */
export function rejectionReason(plan: () => unknown): string | null {
  try {
    plan();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

/**
 * Returns the highest number of connections, up to `most`, that this machine can run. `reason` states why it cannot run
 * more; null if it can run `most`. Returns at least `least`, even if the machine cannot run that many.
 */
export function ceilingFor(
  least: number,
  most: number,
  plan: (connections: number) => unknown,
): { connections: number; reason: string | null } {
  if (rejectionReason(() => plan(most)) === null) return { connections: most, reason: null };
  let [possible, impossible] = [least, most];
  while (impossible - possible > 1) {
    const middle = Math.floor((possible + impossible) / 2);
    if (rejectionReason(() => plan(middle)) === null) possible = middle;
    else impossible = middle;
  }
  return { connections: possible, reason: rejectionReason(() => plan(impossible)) };
}
