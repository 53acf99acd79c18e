import type { MachineSeries, Run, Slice } from '../model/run.ts';
import { growth } from './growth.ts';
import { type Span, slicesOf } from './span.ts';

/** The cause of a disturbance: `steal` by the host of a virtual machine, or `other` work on this machine. */
export type Cause = 'steal' | 'other';

/** Disturbance in one second of the steady phase. Shares are relative to all CPUs that the run may use. */
export interface SteadySecond extends Span {
  stolen: number;
  /** Share of CPU time used by other work; null if the CPU time of the run's own processes is unknown. */
  other: number | null;
  /**
   * Cause of the disturbance; null if undisturbed. If both causes apply, it is `steal`, because other work
   * cannot use stolen CPU time.
   */
  cause: Cause | null;
}

/**
 * Thresholds, as shares of the CPUs, from which a second counts as disturbed. On two CPUs they are 20 ms and
 * 100 ms. If nothing else runs, two CPUs show 0 to 1 % of other work without load. The share rises to 2.5 %
 * when a closed loop over loopback saturates both.
 */
const STOLEN_SHARE = 0.01;
const OTHER_SHARE = 0.05;
/**
 * Minimum amounts. The kernel counts in ticks of 10 ms, so smaller amounts are noise on one CPU or in a
 * shortened second.
 */
const STOLEN_LEAST_US = 20_000;
const OTHER_LEAST_US = 50_000;
/** Measurement error alone can make the unexplained CPU time negative, down to this share of the CPUs. */
const LEFT_LEAST = -0.02;

/** Assesses every second of the steady phase, in order; null if the machine was not sampled. */
export function steadySeconds(run: Run): SteadySecond[] | null {
  const { machine } = run;
  if (machine === null || machine.samples.length < 2) return null;
  const slices = slicesOf(run, 'steady').filter((slice) => slice.endUs > slice.startUs);
  const uses = slices.map((slice) => useOf(run, machine, slice));
  const charged = uses.some(chargesInterrupts);
  return uses.map((use) => judge(use, charged));
}

/** Breakdown of the CPU time in one second. */
interface Use extends Span {
  capacityUs: number;
  stolenUs: number;
  interruptUs: number;
  /**
   * CPU time that was neither idle nor stolen, nor used by the processes of this run or of the runs
   * interleaved with it. Null if the processes' CPU time is unknown.
   */
  leftUs: number | null;
}

/**
 * Derives busy time from the clock and the idle time rather than from the kernel's user and system ticks. A
 * tick is charged to whatever runs at that moment, which is off by up to 10 % in a second, whereas idle time
 * is measured.
 */
function useOf(run: Run, { cpus, samples }: MachineSeries, { startUs, endUs }: Slice): Use {
  const span = { startUs, endUs };
  const capacityUs = (endUs - startUs) * cpus.length;
  const stolenUs = growth(samples, 'stolenUs', span);
  const known = run.processes.some((process) => process.samples.length > 1);
  const ownUs = run.processes.reduce((sum, process) => sum + growth(process.samples, 'cpuUs', span), 0);
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
 * Determines whether the kernel charges interrupt time to the interrupted processes. Most of the interrupt
 * time caused by the benchmark's own load is spent in network softirqs. A kernel without
 * CONFIG_IRQ_TIME_ACCOUNTING charges them to the interrupted process, so they are already part of our
 * processes' time. A kernel with that option charges them to no process, so they must be subtracted.
 *
 * The kernel is of the first kind if subtracting them would leave a negative remainder. Seconds with steal
 * are ignored, because stolen time may also be charged to our processes.
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
  const byOther = (otherUs ?? 0) >= Math.max(OTHER_LEAST_US, OTHER_SHARE * capacityUs);
  return {
    startUs,
    endUs,
    stolen: stolenUs / capacityUs,
    other: otherUs === null ? null : otherUs / capacityUs,
    cause: bySteal ? 'steal' : byOther ? 'other' : null,
  };
}

/**
 * Selects the steady phase's slices from undisturbed seconds, for latency figures. If the last steady second
 * is undisturbed, the drain is included, because echoes that arrive then were sent in that second.
 */
export function undisturbedSlices(run: Run, seconds: readonly SteadySecond[]): Slice[] {
  const calm = new Set(seconds.filter(({ cause }) => cause === null).map(({ startUs }) => startUs));
  const last = seconds.at(-1);
  const drain = last !== undefined && last.cause === null ? slicesOf(run, 'drain') : [];
  return [...slicesOf(run, 'steady').filter(({ startUs }) => calm.has(startUs)), ...drain];
}
