import type { MachineSeries, Run, Slice } from '../model/run.ts';
import { growth } from './growth.ts';
import { type Span, slicesOf } from './span.ts';

/** What took CPU time from the run: the host of a virtual machine, or other work on this machine. */
export type Cause = 'steal' | 'other';

/** How much one second of the steady phase was disturbed. Shares are of all CPUs that the run may use. */
export interface SteadySecond extends Span {
  stolen: number;
  /** Null if the CPU time of the run's own processes is not known. */
  other: number | null;
  /** Null if undisturbed. If both apply, it is the host: other work cannot take what the host took. */
  cause: Cause | null;
}

/**
 * A second is disturbed from these shares of the CPUs on: 20 ms and 100 ms of it on two CPUs. If nothing else runs,
 * two CPUs show 0 to 1 % of other work without a load, and up to 2.5 % when a closed loop over loopback fills both.
 */
const STOLEN_SHARE = 0.01;
const OTHER_SHARE = 0.05;
/** The kernel counts in ticks of 10 ms, so on one CPU, or in a shortened second, less than this is chance. */
const STOLEN_LEAST_US = 20_000;
const OTHER_LEAST_US = 50_000;
/** How far below 0 the remaining CPU time can be through measurement error, as a share of the CPUs. */
const LEFT_LEAST = -0.02;

/** Every second of the steady phase, in order; null if the machine was not sampled. */
export function steadySeconds(run: Run): SteadySecond[] | null {
  const { machine } = run;
  if (machine === null || machine.samples.length < 2) return null;
  const slices = slicesOf(run, 'steady').filter((slice) => slice.endUs > slice.startUs);
  const uses = slices.map((slice) => useOf(run, machine, slice));
  const charged = uses.some(chargesInterrupts);
  return uses.map((use) => judge(use, charged));
}

/** How the CPU time of one second was used. */
interface Use extends Span {
  capacityUs: number;
  stolenUs: number;
  interruptUs: number;
  /**
   * Neither idle, nor stolen, nor used by the processes of the run or of those it takes turns with; null if these
   * are not known.
   */
  leftUs: number | null;
}

/**
 * Derives busy time from the clock and the idle time, not from the ticks of user and system time. A tick is charged
 * to whatever runs at that moment, which is off by up to 10 % in a second, whereas idle time is measured.
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
 * Most of our own load's interrupt time is spent in the network's softirqs. A kernel without
 * CONFIG_IRQ_TIME_ACCOUNTING charges them to the interrupted process, so they are already part of our processes'
 * time. A kernel with it charges them to no process, so they must be subtracted. The kernel is of the first kind if
 * subtracting them would leave a negative remainder. Seconds with steal are not considered, because stolen time may
 * also be charged to our processes.
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
 * The slices that count for latency and lie in undisturbed seconds. These are slices of the steady phase and, if
 * its last second is undisturbed, those of the drain, because echoes that arrive then were sent in that second.
 */
export function undisturbedSlices(run: Run, seconds: readonly SteadySecond[]): Slice[] {
  const calm = new Set(seconds.filter(({ cause }) => cause === null).map(({ startUs }) => startUs));
  const last = seconds.at(-1);
  const drain = last !== undefined && last.cause === null ? slicesOf(run, 'drain') : [];
  return [...slicesOf(run, 'steady').filter(({ startUs }) => calm.has(startUs)), ...drain];
}
