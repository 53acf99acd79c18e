import type { RunFigures } from '../measure/figures.ts';
import { isProxyWorker } from '../measure/processes.ts';
import type { Placement } from '../model/plan.ts';
import type { Component, MEASURED, Run } from '../model/run.ts';
import type { BusyFacts } from '../wording/validity.ts';

/**
 * Utilisation of each component: the share of a core that it uses, or the busy share of its event loop if
 * that is higher.
 */
export interface Utilisation {
  /**
   * Utilisation of the Nginx workers. A connection stays with its worker, so the busiest worker limits the
   * run. Null in `direct`.
   */
  proxy: { busiest: number; least: number } | null;
  /** Utilisation of the busiest echo server process. */
  server: number | null;
  /**
   * Utilisation of the busiest generator process. Null if the generator spins to keep its schedule: it is
   * then always busy, and send lag shows whether it kept up.
   */
  generator: number | null;
  /** Total CPU time of the run's processes ÷ number of CPUs. */
  machine: number;
  /** The CPUs shared by two or more components; null if none are shared. */
  shared: SharedCpus | null;
}

export interface SharedCpus {
  components: readonly (typeof MEASURED)[number][];
  /** Combined utilisation of the shared CPUs by the components. */
  used: number;
}

/** @param cpus number of CPUs that the run may use */
export function utilisationOf(run: Run, figures: RunFigures, cpus: number): Utilisation {
  const workers = figures.processes.filter(isProxyWorker).map(({ cpuShare }) => cpuShare ?? 0);
  const loops = (component: Component): number[] =>
    figures.processes
      .filter((process) => process.component === component)
      .map((process) => Math.max(process.cpuShare ?? 0, process.loopUtilisation ?? 0));
  const total = cpuOf(figures, ['proxy', 'server', 'generator', 'runner']);
  return {
    proxy: workers.length === 0 ? null : { busiest: Math.max(...workers), least: Math.min(...workers) },
    server: highest(loops('server')),
    generator: run.plan.pacing === 'spin' ? null : highest(loops('generator')),
    machine: cpus === 0 ? 0 : total / cpus,
    shared: sharedOf(figures, placementOf(run)),
  };
}

/** Returns the CPU placement in effect; null if the system rejected the planned one. */
function placementOf({ plan, notices }: Run): Placement | null {
  return notices.some(({ code }) => code.startsWith('affinity-')) ? null : plan.placement;
}

/**
 * Returns the CPUs that several components share. With three components, only one group of them can share
 * CPUs. The runner is included if it uses the same CPUs.
 */
function sharedOf(figures: RunFigures, placement: Placement | null): SharedCpus | null {
  if (placement === null) return null;
  const groups = new Map<string, SharedCpus['components'][number][]>();
  for (const component of ['proxy', 'server', 'generator'] as const) {
    const cpus = placement[component];
    if (cpus.length > 0) groups.set(`${cpus}`, [...(groups.get(`${cpus}`) ?? []), component]);
  }
  const shared = [...groups].find(([, components]) => components.length > 1);
  if (shared === undefined) return null;
  const [cpus, components] = shared;
  const all: Component[] = `${placement.runner}` === cpus ? [...components, 'runner'] : components;
  return { components, used: cpuOf(figures, all) / cpus.split(',').length };
}

/** Returns the CPU time used on the runner's machine, as a number of CPUs. */
function cpuOf({ processes }: RunFigures, components: readonly Component[]): number {
  return processes
    .filter(({ component, host }) => host === undefined && components.includes(component))
    .reduce((sum, { cpuShare }) => sum + (cpuShare ?? 0), 0);
}

/** Workers count as equally busy if their utilisation differs by less than this. */
const SPREAD = 0.1;

/** Returns each component's utilisation, which is part of the evidence for every verdict. */
export function busyFacts({ proxy, server, generator }: Utilisation): BusyFacts {
  return {
    proxy: proxy && {
      busiest: proxy.busiest,
      least: proxy.busiest - proxy.least < SPREAD ? null : proxy.least,
    },
    server,
    generator,
  };
}

function highest(values: number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
