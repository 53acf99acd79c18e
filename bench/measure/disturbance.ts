import type { MachineSeries } from '../model/machine-series.ts';
import type { Run, Slice } from '../model/run.ts';
import { growth } from './growth.ts';
import { type Span, slicesOf } from './span.ts';

/**
 * The cause of a disturbance: `steal` is CPU time taken by a virtual machine's host, and `other` is other
 * work on this machine.
 */
export type Cause = 'steal' | 'other';

/**
 * Disturbance in one second of the steady phase. Shares are relative to the total CPU time of all CPUs that
 * the run may use.
 */
export interface SteadySecond extends Span {
  stolen: number;
  /**
   * Share of CPU time used by other work; null if the CPU time used by the run's own processes is unknown.
   */
  other: number | null;
  /**
   * Cause of the disturbance; null if the second was undisturbed. If both causes apply, the value is `steal`,
   * because other work cannot use stolen CPU time.
   */
  cause: Cause | null;
}

/**
 * A second counts as disturbed if steal or other work reaches these shares of CPU time. On two CPUs, they
 * correspond to 20 ms and 100 ms. Even if nothing else runs, the measured share of other work on two CPUs is
 * 0 to 1 % without load, and up to 2.5 % when a closed loop over loopback saturates both.
 */
const STOLEN_SHARE = 0.01;
const OTHER_SHARE = 0.05;
/**
 * Minimum CPU time of steal or other work for a second to count as disturbed. The kernel counts in ticks of
 * 10 ms, so smaller amounts are noise on a single CPU or in a shortened second.
 */
const STOLEN_LEAST_US = 20_000;
const OTHER_LEAST_US = 50_000;
/** Measurement error alone can make unexplained CPU time negative, down to this share of the total. */
const LEFT_LEAST = -0.02;

/** Assesses each second of the steady phase, in order; null if the machine was not sampled. */
export function steadySeconds(run: Run): SteadySecond[] | null {
  const { machine } = run;
  if (machine === null || machine.samples.length < 2) return null;
  const slices = slicesOf(run, 'steady').filter((slice) => slice.endUs > slice.startUs);
  const uses = slices.map((slice) => useOf(run, machine, slice));
  const charged = uses.some(chargesInterrupts);
  return uses.map((use) => judge(use, charged));
}

/** How CPU time was used in one second. */
interface Use extends Span {
  capacityUs: number;
  stolenUs: number;
  interruptUs: number;
  /**
   * CPU time that was not idle, stolen, or used by processes of this run or of runs interleaved with it. Null
   * if the CPU time used by those processes is unknown.
   */
  leftUs: number | null;
}

/**
 * Computes busy time from the clock and the idle time rather than from the kernel's user and system ticks.
 * The kernel charges each tick to whatever runs at that moment, so tick counts are off by up to 10 % in a
 * second, whereas idle time is measured.
 */
function useOf(run: Run, { cpus, samples }: MachineSeries, { startUs, endUs }: Slice): Use {
  const span = { startUs, endUs };
  const capacityUs = (endUs - startUs) * cpus.length;
  const stolenUs = growth(samples, 'stolenUs', span);
  // With an external target, the run's own CPU time counts as unknown: the target may run on this machine, and
  // its work would look like a disturbance.
  const known =
    run.plan.target.kind === 'sandbox' && run.processes.some((process) => process.samples.length > 1);
  // Processes on other machines use none of this machine's CPU time.
  const here = run.processes.filter(({ host }) => host === undefined);
  const ownUs = here.reduce((sum, process) => sum + growth(process.samples, 'cpuUs', span), 0);
  const besideUs = growth(samples, 'besideUs', span);
  return {
    ...span,
    capacityUs,
    stolenUs,
    interruptUs: growth(samples, 'interruptUs', span),
    leftUs: known ? capacityUs - growth(samples, 'idleUs', span) - stolenUs - ownUs - besideUs : null,
  };
}

/**
 * Reports whether the kernel charges interrupt time to the interrupted processes. Most interrupt time caused
 * by the benchmark's own load is spent in network softirqs. A kernel without CONFIG_IRQ_TIME_ACCOUNTING
 * charges it to the interrupted process, so our processes' CPU time already includes it. A kernel with that
 * option charges it to no process, so it must be subtracted.
 *
 * The kernel is assumed to charge the interrupted process if subtracting interrupt time would leave a
 * negative remainder. Seconds with steal are ignored, because stolen time may also be charged to our
 * processes.
 */
function chargesInterrupts({ leftUs, interruptUs, stolenUs, capacityUs }: Use): boolean {
  if (leftUs === null || stolenUs >= STOLEN_SHARE * capacityUs) return false;
  return leftUs - interruptUs < LEFT_LEAST * capacityUs;
}

function judge(
  { startUs, endUs, capacityUs, stolenUs, interruptUs, leftUs }: Use,
  charged: boolean,
): SteadySecond {
  const otherUs = leftUs === null ? null : Math.max(0, charged ? leftUs : leftUs - interruptUs);
  const bySteal = stolenUs >= Math.max(STOLEN_LEAST_US, STOLEN_SHARE * capacityUs);
  const byOther = otherUs !== null && otherUs >= Math.max(OTHER_LEAST_US, OTHER_SHARE * capacityUs);
  return {
    startUs,
    endUs,
    stolen: stolenUs / capacityUs,
    other: otherUs === null ? null : otherUs / capacityUs,
    cause: bySteal ? 'steal' : byOther ? 'other' : null,
  };
}

/**
 * Selects the slices of undisturbed steady-phase seconds, for latency figures. If the last steady second is
 * undisturbed, the drain is included, because echoes that arrive in the drain belong to messages sent in that
 * second.
 */
export function undisturbedSlices(run: Run, seconds: readonly SteadySecond[]): Slice[] {
  const calm = new Set(seconds.filter(({ cause }) => cause === null).map(({ startUs }) => startUs));
  const last = seconds.at(-1);
  const drain = last !== undefined && last.cause === null ? slicesOf(run, 'drain') : [];
  return [...slicesOf(run, 'steady').filter(({ startUs }) => calm.has(startUs)), ...drain];
}
