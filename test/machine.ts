import type { MachineSeries } from '../bench/model/machine-series.ts';
import type { ProcessSeries, Run } from '../bench/model/run.ts';

const SECOND_US = 1_000_000;

/** A machine on which only these processes run. They are sampled at the same times. */
export function quietMachine(processes: readonly ProcessSeries[], cpus = 4): MachineSeries {
  const used = (sample: number): number =>
    processes.reduce((sum, { samples }) => sum + (samples[sample]?.cpuUs ?? 0), 0);
  const samples = (processes[0]?.samples ?? []).map(({ atUs }, i) => {
    const idleUs = Math.max(0, cpus * (atUs + SECOND_US) - used(i));
    return { atUs, idleUs, stolenUs: 0, interruptUs: 0, besideUs: 0, suspendedUs: 0, timeWait: null };
  });
  return { cpus: Array.from({ length: cpus }, (_, cpu) => cpu), samples };
}

/** Makes the host or other work use this many µs of idle time in one steady-phase second, counted from 0. */
export function disturb(run: Run, second: number, { stolenUs = 0, otherUs = 0 }): void {
  const startUs = run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0;
  for (const sample of run.machine?.samples ?? []) {
    if (sample.atUs <= startUs + second * SECOND_US) continue;
    sample.idleUs -= stolenUs + otherUs;
    sample.stolenUs += stolenUs;
  }
}
