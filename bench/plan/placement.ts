import { Problem } from '../model/failure.ts';
import type { Load } from '../model/load.ts';
import type { Machine } from '../model/machine.ts';
import type { Placement, RunPlan } from '../model/plan.ts';
import type { Processes } from './reckoning.ts';

/**
 * Assigns CPUs to each component; null if the kernel chooses. By default, processes are pinned only on a
 * machine with two CPUs: there, the kernel would otherwise move the generator onto the proxy's CPU and back,
 * and neither would ever appear to be the bottleneck. A closed loop reserves a CPU for the process that it
 * should saturate, if there is only one such process. An open loop reserves one for the generator, which has
 * a schedule to keep. Without a load, no process has to be saturated, so processes are not pinned by default.
 * The runner is kept off the reserved CPU, because summing the workers' measurements takes milliseconds.
 *
 * @param asked --pin or --no-pin; null for neither
 * @param all processes of every variant of the invocation. All runs that are compared have the same
 * placement, determined by the largest variant. With `direct`, the CPU that the proxy uses in other variants
 * stays idle.
 */
export function placementOf(
  asked: boolean | null,
  loop: Load['kind'] | null,
  machine: Machine,
  all: readonly Processes[],
): Placement | null {
  const { cpus } = machine;
  if (asked === false) return null;
  const processes = most(all);
  const fits = loop === 'open' ? processes.workers === 1 : subjectProcesses(processes) === 1;
  if (asked === null && (cpus.length !== 2 || !fits || loop === null)) return null;
  if (cpus.length < 2) {
    throw new Problem(
      'environment',
      '--pin needs at least two CPUs, but this machine has only one. Leave --pin out.',
    );
  }
  if (loop === 'open') return onSchedule(cpus, processes);
  return processes.proxyWorkers === 0 ? direct(cpus, processes) : proxied(cpus, processes);
}

/**
 * Returns the number of processes of the component under test: the proxy, or the echo servers if there is
 * none.
 */
function subjectProcesses({ proxyWorkers, servers }: Processes): number {
  return proxyWorkers === 0 ? servers : proxyWorkers;
}

/**
 * Determines how an open loop's workers wait for the next message: spinning if they have CPUs to themselves,
 * otherwise sleeping. Null in a closed loop, which waits for echoes.
 */
export function pacingOf(
  loop: Load['kind'] | null,
  placement: Placement | null,
  { cpus }: Machine,
  all: readonly Processes[],
): RunPlan['pacing'] {
  if (loop !== 'open') return null;
  const { workers, servers, proxyWorkers } = most(all);
  if (placement === null) return cpus.length > workers + servers + proxyWorkers ? 'spin' : 'sleep';
  const others = new Set([...placement.proxy, ...placement.server]);
  const alone = placement.generator.length >= workers && !placement.generator.some((cpu) => others.has(cpu));
  return alone ? 'spin' : 'sleep';
}

/** Returns the highest number of processes of each kind among the variants. */
function most(all: readonly Processes[]): Processes {
  const greatest = (kind: keyof Processes) => Math.max(0, ...all.map((processes) => processes[kind]));
  return {
    workers: greatest('workers'),
    servers: greatest('servers'),
    proxyWorkers: greatest('proxyWorkers'),
  };
}

function onSchedule(cpus: readonly number[], { workers, proxyWorkers }: Processes): Placement {
  const own = Math.min(workers, Math.floor(cpus.length / 2));
  const generator = cpus.slice(0, own);
  const others = cpus.slice(own);
  const runner = others;
  if (proxyWorkers === 0) return { proxy: [], server: others, generator, runner };
  if (others.length === 1) return { proxy: others, server: others, generator, runner };
  const { first, last } = split(others, proxyWorkers);
  return { proxy: last, server: first, generator, runner };
}

function direct(cpus: readonly number[], { servers }: Processes): Placement {
  const { first, last } = split(cpus, servers);
  return { proxy: [], server: last, generator: first, runner: first };
}

function proxied(cpus: readonly number[], { proxyWorkers, servers }: Processes): Placement {
  const { first, last } = split(cpus, proxyWorkers);
  if (first.length === 1) return { proxy: last, server: first, generator: first, runner: first };
  const rest = split(first, servers);
  return { proxy: last, server: rest.last, generator: rest.first, runner: first };
}

/** Takes up to `wanted` CPUs from the end of the list, but no more than half. */
function split(cpus: readonly number[], wanted: number): { first: number[]; last: number[] } {
  const at = cpus.length - Math.min(wanted, Math.floor(cpus.length / 2));
  return { first: cpus.slice(0, at), last: cpus.slice(at) };
}
