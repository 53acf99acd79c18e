import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { ratio, total } from './arithmetic.ts';
import { decode, type Summary, summarise } from './histogram.ts';
import type { ProcessFigures } from './processes.ts';

/** What one generator host contributed to a run. */
export interface HostFigures {
  name: string;
  cpus: number;
  /** Number of its generator processes. */
  workers: number;
  connections: number;
  /** Its share of the connections that all hosts opened, and of the messages that they sent; null for none. */
  share: { connections: number | null; messages: number | null };
  /** Null in a closed loop. */
  sendLag: Summary | null;
  /** CPU time of its generator processes, as a number of CPUs; null if the agent was lost. */
  cpu: number | null;
  /** How far its clock may be off, and how much it drifted during the run, both in µs. */
  clock: { errorUs: number; driftUs: number | null };
}

/** Returns the figures of each generator host; empty if the runner generated the load. */
export function hostFigures(
  { hosts = [], workers }: Run,
  processes: readonly ProcessFigures[],
): HostFigures[] {
  const sent = (indexes: readonly number[]) =>
    total(workers.map((each) => (indexes.includes(each.worker) ? counted(each, 'sent') : 0)));
  const opened = (indexes: readonly number[]) =>
    total(workers.map((each) => (indexes.includes(each.worker) ? each.opened : 0)));
  const all = workers.map(({ worker }) => worker);
  return hosts.map(({ name, cpus, workers: indexes, clock, sendLag }) => {
    const names = indexes.map((index) => `generator ${index + 1}`);
    const used = processes.flatMap(({ component, name, cpuShare }) =>
      component === 'generator' && names.includes(name) && cpuShare !== null ? [cpuShare] : [],
    );
    return {
      name,
      cpus,
      workers: indexes.length,
      connections: opened(indexes),
      share: {
        connections: ratio(opened(indexes), opened(all)),
        messages: ratio(sent(indexes), sent(all)),
      },
      sendLag: sendLag === null ? null : summarise(decode(sendLag)),
      cpu: used.length === 0 ? null : total(used),
      clock,
    };
  });
}
