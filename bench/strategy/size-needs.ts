import type { Estimate } from '../model/estimate.ts';
import type { Cost, CostName, NeedName, SizeNeed, Wanted } from '../model/size.ts';
import {
  connectionPorts,
  OTHER_FILES,
  webSocketsOfBusiestWorker,
  workerConnectionsFor,
} from '../plan/reckoning.ts';
import { atLeastZero, exactly, mapped, sumOf } from '../stats/estimate.ts';
import { type DataOf, finding } from '../wording/finding.ts';
import { type MeasuredCosts, SIZE_STEPS } from './size-costs.ts';

/** How long the side that closes a TCP connection keeps its port (TCP_TIMEWAIT_LEN in the kernel). */
const TIME_WAIT_SECONDS = 60;
/** Nginx's default backlog. A computed backlog is never smaller. */
const LEAST_BACKLOG = 511;
const LEAST_WORKER_CONNECTIONS = 512;
/** Number of ports that can be used without root privileges. */
const WIDEST_PORTS = 65_535 - 1024 + 1;
/** One descriptor for the socket to the client, one for the socket to the server. */
const FILES_PER_CONNECTION = 2;

/**
 * Returns the CPU, in cores, that the proxy's workers use under the given load; null if a cost needed for the
 * estimate is unknown.
 */
export function coresFor(
  { ratePerSecond, churnPerSecond }: Pick<Wanted, 'ratePerSecond' | 'churnPerSecond'>,
  costs: readonly Cost[],
): Estimate | null {
  const message = costOf(costs, 'cpu-message');
  const handshake = costOf(costs, 'cpu-handshake');
  if ((message === null && ratePerSecond > 0) || (handshake === null && churnPerSecond > 0)) return null;
  return sumOf([
    [ratePerSecond / 1e6, message ?? exactly(0)],
    [churnPerSecond / 1e6, handshake ?? exactly(0)],
  ]);
}

/**
 * Returns the smallest number of workers (at least one) with which no worker uses more than the given share
 * of a CPU.
 */
export function workersFor(cores: Estimate, utilisation: number): Estimate {
  return mapped(cores, (each) => Math.max(1, Math.ceil(each / utilisation - 1e-9)));
}

export function costOf(costs: readonly Cost[], name: CostName): Estimate | null {
  return costs.find((each) => each.name === name)?.estimate ?? null;
}

/** The workers for the given CPU time, with their connection slots and descriptors. */
function plannedFor(cores: Estimate, { connections, utilisation }: Wanted) {
  const workers = workersFor(cores, utilisation);
  const slots = mapped(workers, (each) => slotsPerWorker(connections, each));
  const files = mapped(slots, (each) => each + OTHER_FILES);
  const [processes, allSlots] = [workers.value + 1, workers.value * slots.value];
  return { cores, workers, slots, files, processes, allSlots };
}

/** Returns the `worker_connections` that each worker needs to hold its share of the connections. */
function slotsPerWorker(connections: number, workers: number): number {
  const busiest = webSocketsOfBusiestWorker(connections, workers);
  return Math.max(LEAST_WORKER_CONNECTIONS, workerConnectionsFor(busiest) + OTHER_FILES);
}

/**
 * Uses the measured costs to compute the resources that a load needs. The function is pure.
 *
 * @param portRange net.ipv4.ip_local_port_range; null for the kernel's default
 */
export function needsFor(
  wanted: Wanted,
  { costs, memory }: MeasuredCosts,
  portRange: readonly [number, number] | null,
): SizeNeed[] {
  const { connections, churnPerSecond, utilisation } = wanted;
  const cores = coresFor(wanted, costs);
  const planned = cores === null ? null : plannedFor(cores, wanted);
  const backlog = Math.max(LEAST_BACKLOG, Math.ceil(churnPerSecond));
  const waiting = Math.ceil(churnPerSecond * TIME_WAIT_SECONDS);
  const ports = connections + waiting;
  const each = connectionPorts(portRange);
  const kernel = costOf(costs, 'memory-kernel');
  const total =
    planned === null || memory === null
      ? null
      : atLeastZero(memory.at([planned.processes, planned.allSlots, connections]));
  const need = <C extends Parameters<typeof finding>[0]>(
    name: NeedName,
    estimate: Estimate | null,
    code: C,
    data: DataOf<C>,
  ): SizeNeed => ({ name, estimate, derivation: finding(code, data) });
  const unknown = (name: NeedName, steps: readonly string[]) =>
    need(name, null, 'size-unknown', { steps: [...steps] });
  const cpuSteps = [SIZE_STEPS.message.cost, SIZE_STEPS.handshake.cost];
  return [
    planned === null
      ? unknown('cores', cpuSteps)
      : need('cores', planned.cores, 'size-cores', {
          ratePerSecond: wanted.ratePerSecond,
          messageUs: costOf(costs, 'cpu-message'),
          churnPerSecond,
          handshakeUs: costOf(costs, 'cpu-handshake'),
        }),
    total === null || planned === null
      ? unknown('memory', [SIZE_STEPS.memory, ...cpuSteps])
      : need('memory', total, 'size-memory', {
          connections,
          connectionBytes: costOf(costs, 'memory-connection')?.value ?? 0,
          slots: planned.allSlots,
          slotBytes: costOf(costs, 'memory-slot')?.value ?? 0,
          processes: planned.processes,
          processBytes: costOf(costs, 'memory-process')?.value ?? 0,
        }),
    kernel === null
      ? unknown('kernel-memory', [SIZE_STEPS.memory])
      : need('kernel-memory', sumOf([[connections, kernel]]), 'size-kernel-memory', {
          connections,
          bytes: kernel.value,
          isUncertain: kernel.low <= 0,
        }),
    ...(planned === null
      ? (['workers', 'worker-connections', 'worker-files'] as const).map((name) => unknown(name, cpuSteps))
      : [
          need('workers', planned.workers, 'size-workers', { cores: planned.cores.value, utilisation }),
          need('worker-connections', planned.slots, 'size-worker-connections', {
            workers: planned.workers.value,
            busiest: webSocketsOfBusiestWorker(connections, planned.workers.value),
          }),
          need('worker-files', planned.files, 'size-worker-files', {
            slots: planned.slots.value,
            others: OTHER_FILES,
          }),
        ]),
    need('backlog', exactly(backlog), 'size-backlog', { churnPerSecond, least: LEAST_BACKLOG }),
    need('upstream-ports', exactly(ports), 'size-upstream-ports', {
      connections,
      waiting,
      seconds: TIME_WAIT_SECONDS,
    }),
    need('upstream-addresses', exactly(Math.ceil(ports / each)), 'size-upstream-addresses', {
      ports,
      each,
      widest: WIDEST_PORTS,
      withWidest: Math.ceil(ports / WIDEST_PORTS),
    }),
    need('somaxconn', exactly(backlog), 'size-somaxconn', {}),
    need('syn-backlog', exactly(backlog), 'size-syn-backlog', {}),
    need('port-range', exactly(Math.min(ports, WIDEST_PORTS)), 'size-port-range', {
      ports,
      widest: WIDEST_PORTS,
    }),
    planned === null ? unknown('nr-open', cpuSteps) : need('nr-open', planned.files, 'size-nr-open', {}),
    need('file-max', exactly(connections * FILES_PER_CONNECTION), 'size-file-max', {
      connections,
      each: FILES_PER_CONNECTION,
    }),
    need('conntrack', exactly(FILES_PER_CONNECTION * ports), 'size-conntrack', { ports }),
  ];
}
