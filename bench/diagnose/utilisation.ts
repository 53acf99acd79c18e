import type { RunFigures } from '../measure/figures.ts';
import { isNginxWorker, type MEASURED } from '../measure/processes.ts';
import type { Placement } from '../model/plan.ts';
import type { Component, Run } from '../model/run.ts';
import { percent } from './words.ts';

/** How busy each component is: share of a core, or of an event loop's time if that is higher. */
export interface Utilisation {
  /** Of Nginx's workers. A connection stays with its worker, so the busiest sets the pace. Null in `direct`. */
  proxy: { busiest: number; least: number } | null;
  /** The busiest of the Node processes. */
  server: number | null;
  /** Null if it spins to keep its schedule: it is then always busy, and send lag shows whether it kept up. */
  generator: number | null;
  /** CPU time of all processes of the run ÷ number of CPUs. */
  machine: number;
  /** The CPUs shared by two or all components; null if they share none. */
  shared: SharedCpus | null;
}

export interface SharedCpus {
  components: readonly (typeof MEASURED)[number][];
  /** How much of these CPUs they use together. */
  used: number;
}

/** @param cpus how many the run may use */
export function utilisationOf(run: Run, figures: RunFigures, cpus: number): Utilisation {
  const workers = figures.processes.filter(isNginxWorker).map(({ cpuShare }) => cpuShare ?? 0);
  const loops = (component: Component): number[] =>
    figures.processes
      .filter((process) => process.component === component)
      .map((process) => Math.max(process.cpuShare ?? 0, process.loopUtilisation ?? 0));
  const total = cpuOf(figures, ['proxy', 'server', 'generator', 'runner']);
  return {
    proxy:
      run.proxy === null || workers.length === 0
        ? null
        : { busiest: Math.max(...workers), least: Math.min(...workers) },
    server: highest(loops('server')),
    generator: run.plan.pacing === 'spin' ? null : highest(loops('generator')),
    machine: cpus === 0 ? 0 : total / cpus,
    shared: sharedOf(figures, placementOf(run)),
  };
}

/** Where processes actually ran: a placement that the system rejected does not count. */
function placementOf({ plan, notices }: Run): Placement | null {
  return notices.some(({ code }) => code.startsWith('affinity-')) ? null : plan.placement;
}

/**
 * Of three components, at most one group has more than one member. The runner counts with those whose CPUs it has.
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

function cpuOf({ processes }: RunFigures, components: readonly Component[]): number {
  return processes
    .filter(({ component }) => components.includes(component))
    .reduce((sum, { cpuShare }) => sum + (cpuShare ?? 0), 0);
}

/** What each component did, in words: the evidence for every verdict. */
export function sentence({ proxy, server, generator }: Utilisation): string {
  const parts = [
    proxy === null ? null : nginx(proxy),
    server === null ? null : `the busiest echo server ${percent(server)}`,
    generator === null ? null : `the busiest generator worker ${percent(generator)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'nothing is known of the processes.' : `${parts.join(', ')}.`;
}

/** From this difference on, the spread among workers is reported. */
const SPREAD_TOLD = 0.1;

function nginx({ busiest, least }: NonNullable<Utilisation['proxy']>): string {
  if (busiest - least < SPREAD_TOLD) return `an Nginx worker was busy ${percent(busiest)} of the time`;
  return `the busiest Nginx worker was busy ${percent(busiest)} of the time, the least busy ${percent(least)}`;
}

function highest(values: number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
