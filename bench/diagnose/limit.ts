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
  const { load, durationMs } = run.plan;
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
export interface Load {
  nginx: number | null;
  server: number | null;
  generator: number | null;
  /** CPU of all processes of the topology ÷ number of CPUs. */
  machine: number;
  /** Where generator and echo servers share CPUs of their own: how much of these they use together. */
  shared: number | null;
}

export function loadOf(run: Run, figures: RunFigures, cpus: number): Load {
  const shares = (component: string) =>
    figures.processes
      .filter((process) => process.component === component && process.name !== 'nginx master')
      .map((process) => process.cpuShare ?? 0);
  const loops = (component: string) =>
    figures.processes
      .filter((process) => process.component === component)
      .map((process) => Math.max(process.cpuShare ?? 0, process.loopUtilisation ?? 0));
  const nginx = shares('nginx');
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const total = sum(figures.processes.map((process) => process.cpuShare ?? 0));
  const { pin } = run.plan;
  const together = pin !== null && pin.generator.length > 0 && `${pin.generator}` === `${pin.server}`;
  return {
    nginx: run.nginx === null || nginx.length === 0 ? null : sum(nginx) / nginx.length,
    server: highest(loops('server')),
    // One that spins for its schedule is always busy, and its send lag tells whether it kept up.
    generator: run.plan.pacing === 'spin' ? null : highest(loops('generator')),
    machine: cpus === 0 ? 0 : total / cpus,
    shared: together ? sum([...shares('server'), ...shares('generator')]) / pin.generator.length : null,
  };
}

/**
 * Which part kept the run from going faster, and what shows it. What is measured comes first: a busy
 * Nginx (in `direct`: the echo server) is the answer that a benchmark looks for.
 */
export function limitOf(run: Run, figures: RunFigures, load: Load): Validity['limit'] {
  const { ratio, perSecond } = figures.offered ?? { ratio: null, perSecond: 0 };
  if (ratio !== null && ratio >= (achievedFrom(run) ?? 1)) {
    const evidence = `${percent(ratio)} of the ${Math.round(perSecond)} messages/s that the schedule offered were echoed; ${sentence(load)}`;
    return { component: 'schedule', evidence };
  }
  if (load.nginx !== null && load.nginx >= BUSY) return { component: 'nginx', evidence: sentence(load) };
  if (load.nginx === null && (load.server ?? 0) >= BUSY && (load.server ?? 0) >= (load.generator ?? 0) * 0.95)
    return { component: 'server', evidence: sentence(load) };
  if ((load.generator ?? 0) >= BUSY && (load.generator ?? 0) >= (load.server ?? 0))
    return { component: 'generator', evidence: sentence(load) };
  if ((load.server ?? 0) >= BUSY) return { component: 'server', evidence: sentence(load) };
  const late = run.plan.pacing === 'spin' ? lateness(figures) : null;
  if (late !== null) {
    const evidence = `it spins until the next message is due and still did not keep the schedule, its send lag p99 is ${late.lagUs} µs; ${sentence(load)}`;
    return { component: 'generator', evidence };
  }
  if (load.shared !== null && load.shared >= MACHINE_FULL) {
    const evidence = `generator and echo server share CPUs that were ${percent(load.shared)} used; ${sentence(load)}`;
    return { component: (load.server ?? 0) > (load.generator ?? 0) ? 'server' : 'generator', evidence };
  }
  if (load.machine >= MACHINE_FULL) {
    const shared = `the CPUs are ${percent(load.machine)} used by all processes together; ${sentence(load)}`;
    return {
      component: (load.nginx ?? 0) >= (load.generator ?? 0) ? 'nginx' : 'generator',
      evidence: shared,
    };
  }
  const together = load.machine === 0 ? '' : `, and all together used ${percent(load.machine)} of the CPUs`;
  return { component: 'none', evidence: `no process was busy${together}: ${sentence(load)}` };
}

/** What each component did, in words: the evidence of every verdict. */
export function sentence(load: Load): string {
  const parts = [
    load.nginx === null ? null : `a Nginx worker was busy ${percent(load.nginx)} of the time`,
    load.server === null ? null : `the busiest echo server ${percent(load.server)}`,
    load.generator === null ? null : `the busiest generator worker ${percent(load.generator)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'nothing is known of the processes.' : `${parts.join(', ')}.`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.995 || share < 0.1 ? 1 : 0)} %`;
}

function highest(values: number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
