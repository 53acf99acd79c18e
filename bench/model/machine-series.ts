import * as v from 'valibot';
import { count } from './load.ts';

/**
 * Kernel counters at one moment. CPU times are summed over all CPUs that the observed processes may use, in µs
 * since the system started, with a resolution of 10 ms (proc_stat(5)).
 */
export const machineSampleSchema = v.strictObject({
  atUs: count,
  /** Idle time, including waiting for disk I/O. */
  idleUs: count,
  /** Steal time: the virtual machine's host withheld the CPU although there was work to do. */
  stolenUs: count,
  /** Time in hardware and software interrupts. Some kernels also charge it to the interrupted process. */
  interruptUs: count,
  /** CPU time used by processes of the runs interleaved with this one. */
  besideUs: v.optional(count, 0),
  /** Total time during which the machine was suspended. The run's clocks stop during suspension. */
  suspendedUs: v.optional(count, 0),
  /**
   * Number of sockets in TIME_WAIT on the whole system; null if the system does not report it, and in older
   * results.
   */
  timeWait: v.optional(v.nullable(count), null),
});

/** Samples of the machine during a run. */
export const machineSeriesSchema = v.strictObject({
  /** Numbers of the CPUs that the samples cover. */
  cpus: v.array(count),
  samples: v.array(machineSampleSchema),
});
export type MachineSeries = v.InferOutput<typeof machineSeriesSchema>;
