import type { RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';

/** A process counts as busy from this share of a core (Nginx) or of its event loop's time (Node) on. */
export const BUSY = 0.9;
/** Of all cores together: there is nothing left to run on. */
const MACHINE_FULL = 0.95;
/** An open loop that echoes this share of what it offers did all that was asked. */
const ACHIEVED = 0.99;

/**
 * The share of the offered rate from which on a schedule counts as kept; null in a closed loop. Poisson
 * arrivals scatter by the square root of their number: three times that is chance, not a shortfall.
 */
export function achievedFrom(run: Run): number | null {
  const { durationMs } = run.plan;
  const { load } = run.plan.workload;
  if (load.kind === 'closed') return null;
  const offered = (load.ratePerSecond * durationMs) / 1e3;
  return load.arrivals === 'uniform' ? ACHIEVED : Math.min(ACHIEVED, 1 - 3 / Math.sqrt(offered));
}

/** Send lag may be this share of response time before the generator's delay is part of the result … */
const LAG_SHARE = 0.1;
/** … or this much, in µs, which no timer of this kind of machine does better. */
const LAG_FLOOR_US = 300;

/** By how much the generator sent too late: p99 of send lag, and its share in that of response time; null: it did not. */
export function lateness({ latencies }: RunFigures): { lagUs: number; share: number } | null {
  const lagUs = latencies.sendLag?.p99 ?? null;
  const responseUs = latencies.response?.p99 ?? null;
  if (lagUs === null || responseUs === null) return null;
  if (lagUs <= Math.max(LAG_FLOOR_US, responseUs * LAG_SHARE)) return null;
  return { lagUs: Math.round(lagUs), share: lagUs / responseUs };
}

/** How busy each component is: of Nginx the mean over its workers, of Node processes the busiest one. */
export interface Utilisation {
  proxy: number | null;
  server: number | null;
  generator: number | null;
  /** CPU of all processes of the topology ÷ number of CPUs. */
  machine: number;
  /** Where generator and echo servers share CPUs of their own: how much of these they use together. */
  shared: number | null;
}

export function utilisationOf(run: Run, figures: RunFigures, cpus: number): Utilisation {
  const shares = (component: string) =>
    figures.processes
      .filter((process) => process.component === component && process.name !== 'nginx master')
      .map((process) => process.cpuShare ?? 0);
  const loops = (component: string) =>
    figures.processes
      .filter((process) => process.component === component)
      .map((process) => Math.max(process.cpuShare ?? 0, process.loopUtilisation ?? 0));
  const nginx = shares('proxy');
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const total = sum(figures.processes.map((process) => process.cpuShare ?? 0));
  const { placement } = run.plan;
  const together =
    placement !== null &&
    placement.generator.length > 0 &&
    `${placement.generator}` === `${placement.server}`;
  return {
    proxy: run.proxy === null || nginx.length === 0 ? null : sum(nginx) / nginx.length,
    server: highest(loops('server')),
    // One that spins for its schedule is always busy, and its send lag tells whether it kept up.
    generator: run.plan.pacing === 'spin' ? null : highest(loops('generator')),
    machine: cpus === 0 ? 0 : total / cpus,
    shared: together ? sum([...shares('server'), ...shares('generator')]) / placement.generator.length : null,
  };
}

/**
 * Which part kept the run from going faster, and what shows it. What is measured comes first: a busy
 * Nginx (in `direct`: the echo server) is the answer that a benchmark looks for.
 */
export function limitOf(run: Run, figures: RunFigures, utilisation: Utilisation): Validity['limit'] {
  const { ratio, perSecond } = figures.offered ?? { ratio: null, perSecond: 0 };
  if (ratio !== null && ratio >= (achievedFrom(run) ?? 1)) {
    const evidence = `${percent(ratio)} of the ${Math.round(perSecond)} messages/s that the schedule offered were echoed; ${sentence(utilisation)}`;
    return { component: 'schedule', evidence };
  }
  if (utilisation.proxy !== null && utilisation.proxy >= BUSY)
    return { component: 'proxy', evidence: sentence(utilisation) };
  if (
    utilisation.proxy === null &&
    (utilisation.server ?? 0) >= BUSY &&
    (utilisation.server ?? 0) >= (utilisation.generator ?? 0) * 0.95
  )
    return { component: 'server', evidence: sentence(utilisation) };
  if ((utilisation.generator ?? 0) >= BUSY && (utilisation.generator ?? 0) >= (utilisation.server ?? 0))
    return { component: 'generator', evidence: sentence(utilisation) };
  if ((utilisation.server ?? 0) >= BUSY) return { component: 'server', evidence: sentence(utilisation) };
  const late = run.plan.pacing === 'spin' ? lateness(figures) : null;
  if (late !== null) {
    const evidence = `it spins until the next message is due and still did not keep the schedule, its send lag p99 is ${late.lagUs} µs; ${sentence(utilisation)}`;
    return { component: 'generator', evidence };
  }
  if (utilisation.shared !== null && utilisation.shared >= MACHINE_FULL) {
    const evidence = `generator and echo server share CPUs that were ${percent(utilisation.shared)} used; ${sentence(utilisation)}`;
    return {
      component: (utilisation.server ?? 0) > (utilisation.generator ?? 0) ? 'server' : 'generator',
      evidence,
    };
  }
  if (utilisation.machine >= MACHINE_FULL) {
    const shared = `the CPUs are ${percent(utilisation.machine)} used by all processes together; ${sentence(utilisation)}`;
    return {
      component: (utilisation.proxy ?? 0) >= (utilisation.generator ?? 0) ? 'proxy' : 'generator',
      evidence: shared,
    };
  }
  const together =
    utilisation.machine === 0 ? '' : `, and all together used ${percent(utilisation.machine)} of the CPUs`;
  return { component: 'none', evidence: `no process was busy${together}: ${sentence(utilisation)}` };
}

/** What each component did, in words: the evidence of every verdict. */
export function sentence(utilisation: Utilisation): string {
  const parts = [
    utilisation.proxy === null ? null : `a Nginx worker was busy ${percent(utilisation.proxy)} of the time`,
    utilisation.server === null ? null : `the busiest echo server ${percent(utilisation.server)}`,
    utilisation.generator === null ? null : `the busiest generator worker ${percent(utilisation.generator)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'nothing is known of the processes.' : `${parts.join(', ')}.`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.995 || share < 0.1 ? 1 : 0)} %`;
}

function highest(values: number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
