import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import type { Pin } from '../model/plan.ts';
import type { Processes } from './reckoning.ts';

/**
 * Which CPUs each component runs on; null where the kernel chooses. By default only on two CPUs and
 * with one thing to saturate: so small a machine otherwise moves the generator onto Nginx's CPU and
 * back, and neither is ever seen to be the limit. `asked` is --pin or --no-pin, null for neither.
 */
export function placementOf(asked: boolean | null, machine: Machine, processes: Processes): Pin | null {
  const { cpus } = machine;
  if (asked === false) return null;
  if (asked === null && (cpus.length !== 2 || subjectProcesses(processes) > 1)) return null;
  if (cpus.length < 2) {
    throw new Problem(
      'environment',
      '--pin needs two CPUs at the least, and this machine offers one: leave --pin out.',
    );
  }
  return processes.nginxWorkers === 0 ? direct(cpus, processes) : proxied(cpus, processes);
}

/** Processes of what is measured: Nginx, or the echo servers where there is no Nginx. */
function subjectProcesses({ nginxWorkers, servers }: Processes): number {
  return nginxWorkers === 0 ? servers : nginxWorkers;
}

function direct(cpus: readonly number[], { servers }: Processes): Pin {
  const { first, last } = split(cpus, servers);
  return { nginx: [], server: last, generator: first };
}

function proxied(cpus: readonly number[], { nginxWorkers, servers }: Processes): Pin {
  const { first, last } = split(cpus, nginxWorkers);
  if (first.length === 1) return { nginx: last, server: first, generator: first };
  const rest = split(first, servers);
  return { nginx: last, server: rest.last, generator: rest.first };
}

/** Takes up to `wanted` CPUs off the end, but no more than half. */
function split(cpus: readonly number[], wanted: number): { first: number[]; last: number[] } {
  const at = cpus.length - Math.min(wanted, Math.floor(cpus.length / 2));
  return { first: cpus.slice(0, at), last: cpus.slice(at) };
}
