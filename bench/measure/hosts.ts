import type { AgentHost, AgentRole, HostMachine } from '../model/host.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { ratio, total } from './arithmetic.ts';
import { growth } from './growth.ts';
import { decode, type Summary, summarise } from './histogram.ts';
import type { ProcessFigures } from './processes.ts';
import { phaseSpan } from './span.ts';

/** What one host with an agent contributed to a run. */
export interface HostFigures {
  name: string;
  role: AgentRole;
  cpus: number;
  /** Null in older results. */
  machine: HostMachine | null;
  /** Number of generator processes or echo servers on the host. */
  workers: number;
  connections: number;
  /** The host's share of all connections opened, and of all messages sent; null if there were none. */
  share: { connections: number | null; messages: number | null };
  /** Null in a closed loop. */
  sendLag: Summary | null;
  /** CPU time used by the run's processes on the host, as a number of CPUs; null if the agent was lost. */
  cpu: number | null;
  /** Share of the host's CPU time that was used by any process, 0 to 1; null if unknown. */
  used: number | null;
  /** How far the host's clock may be off, and how much it drifted during the run, both in µs. */
  clock: { errorUs: number; driftUs: number | null };
}

/** Returns the figures of each host with an agent; empty if no agents took part. */
export function hostFigures(run: Run, processes: readonly ProcessFigures[]): HostFigures[] {
  const { hosts = [], workers } = run;
  const sent = (indexes: readonly number[]) =>
    total(workers.map((each) => (indexes.includes(each.worker) ? counted(each, 'sent') : 0)));
  const opened = (indexes: readonly number[]) =>
    total(workers.map((each) => (indexes.includes(each.worker) ? each.opened : 0)));
  const all = workers.map(({ worker }) => worker);
  return hosts.map(({ name, role, cpus, machine, samples, workers: indexes, clock, sendLag }) => {
    const names = indexes.map((index) => `${role === 'server' ? 'echo server' : role} ${index + 1}`);
    const own = processes.flatMap(({ component, name, cpuShare }) =>
      component === role && (role === 'proxy' || names.includes(name)) && cpuShare !== null ? [cpuShare] : [],
    );
    const load = role === 'generator' ? indexes : [];
    return {
      name,
      role,
      cpus,
      machine,
      workers: indexes.length,
      connections: opened(load),
      share: {
        connections: ratio(opened(load), opened(all)),
        messages: ratio(sent(load), sent(all)),
      },
      sendLag: sendLag === null ? null : summarise(decode(sendLag)),
      cpu: own.length === 0 ? null : total(own),
      used: usedShare(run, samples),
      clock,
    };
  });
}

/** Returns the share of CPU time that was not idle in the steady phase; null if unknown. */
function usedShare(run: Run, series: AgentHost['samples']): number | null {
  const steady = phaseSpan(run, 'steady');
  if (steady === null || series === null || series.samples.length < 2) return null;
  const idle = ratio(
    growth(series.samples, 'idleUs', steady),
    (steady.endUs - steady.startUs) * series.cpus.length,
  );
  return idle === null ? null : Math.max(0, 1 - idle);
}

/**
 * Returns the largest possible error of a time measured from one generator host to another, in µs; 0 with a
 * single host.
 */
export function oneWayErrorUs({ hosts = [] }: Pick<Run, 'hosts'>): number {
  const errors = hosts
    .filter(({ role }) => role === 'generator')
    .map(({ clock: { errorUs, driftUs } }) => errorUs + Math.abs(driftUs ?? 0))
    .sort((a, b) => b - a);
  return errors.length < 2 ? 0 : total(errors.slice(0, 2));
}
