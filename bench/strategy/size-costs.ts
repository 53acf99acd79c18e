import { slopeOf } from '../measure/slope.ts';
import { knownFacts, metricNamed } from '../metrics/metrics.ts';
import type { Finding } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { MemorySample, Run } from '../model/run.ts';
import type { Cost, CostName } from '../model/size.ts';
import { atLeastZero, meanOf } from '../stats/estimate.ts';
import { fitSum, type LinearFit } from '../stats/least-squares.ts';
import { finding } from '../wording/finding.ts';

/** The steps in which each kind of cost is measured. */
export const SIZE_STEPS = {
  /** Memory and descriptors are measured with connections that have exchanged one message. */
  memory: 'touched',
  /**
   * The CPU time of a message, and of a handshake, is measured in an open loop (`cost`), whose rate is
   * derived from a closed loop (`start`).
   */
  message: { start: 'throughput', cost: 'latency' },
  handshake: { start: 'fastest', cost: 'scheduled' },
} as const;

/** The costs measured so far. */
export interface MeasuredCosts {
  costs: Cost[];
  /**
   * Memory of the proxy in bytes, as a function of the numbers of processes, connection slots
   * (`worker_connections` of all workers) and connections.
   */
  memory: LinearFit | null;
  /** Open file descriptors of the proxy, as a function of the numbers of processes and connections. */
  files: LinearFit | null;
}

/**
 * Derives the costs from the runs of all rounds.
 *
 * @param rounds the runs that measure costs, without the initial closed-loop runs and the runs that check the
 *   plan
 */
export function costsOf(rounds: readonly Run[]): MeasuredCosts {
  const memoryRuns = rounds.filter(({ plan }) => plan.step === SIZE_STEPS.memory);
  const used = memoryRuns.filter((run) => exclusionOf(run, 'idleMemory.proxy') === null);
  const observed = (of: 'proxyBytes' | 'proxyFiles', xOf: (run: Run, open: number) => number[]) =>
    used.flatMap((run) =>
      run.memory.flatMap((sample) => {
        const y = sample[of];
        return y === null ? [] : [{ x: xOf(run, sample.open), y }];
      }),
    );
  const memory = fitSum(observed('proxyBytes', (run, open) => [processesOf(run), slotsOf(run), open]));
  const files = fitSum(observed('proxyFiles', (run, open) => [processesOf(run), open]));
  const ofMemory = (name: CostName, estimate: Cost['estimate']): Cost => ({
    name,
    estimate: estimate === null ? null : atLeastZero(estimate),
    runs: estimate === null ? 0 : used.length,
    of: memoryRuns.length,
    load: null,
    excluded: reasonsOf(memoryRuns, 'idleMemory.proxy'),
  });
  const kernel = meanOf(used.flatMap((run) => slopeOf(kernelPoints(run.memory))?.bytes ?? []));
  const [process = null, slot = null, connection = null] = memory?.coefficients ?? [];
  return {
    memory,
    files,
    costs: [
      ofMemory('memory-connection', connection),
      ofMemory('memory-slot', slot),
      ofMemory('memory-process', process),
      ofMemory('memory-kernel', kernel),
      ofMemory('files-connection', files?.coefficients[1] ?? null),
      cpuCost('cpu-message', 'cpuPerMessage.proxy', rounds, SIZE_STEPS.message.cost),
      cpuCost('cpu-handshake', 'cpuPerConnection.proxy', rounds, SIZE_STEPS.handshake.cost),
    ],
  };
}

/** Number of proxy processes in a run: the master and its workers. */
export function processesOf({ plan }: Pick<Run, 'plan'>): number {
  return (plan.proxy?.workers ?? 0) + 1;
}

/** Number of connections for which the proxy's workers allocate memory when they start. */
export function slotsOf({ plan }: Pick<Run, 'plan'>): number {
  return (plan.proxy?.workers ?? 0) * (plan.proxy?.workerConnections ?? 0);
}

/** Returns why a run must not be used for a metric; null if it may be used. */
export function exclusionOf(run: Run, metric: string): Finding | null {
  if (run.outcome.state !== 'completed')
    return finding('run-ended', { state: run.outcome.state, reason: run.outcome.reason });
  return metricNamed(metric).unfit(knownFacts(run));
}

function cpuCost(name: CostName, metric: string, rounds: readonly Run[], step: Step): Cost {
  const runs = rounds.filter(({ plan }) => plan.step === step);
  const values = runs.flatMap((run) =>
    exclusionOf(run, metric) === null ? (knownFacts(run).metrics[metric] ?? []) : [],
  );
  const [first] = runs;
  const estimate = meanOf(values);
  return {
    name,
    estimate: estimate === null ? null : atLeastZero(estimate),
    runs: estimate === null ? 0 : values.length,
    of: runs.length,
    load:
      first === undefined
        ? null
        : {
            perSecond: ratePerSecondOf(first.plan.workload.load) ?? 0,
            workers: first.plan.proxy?.workers ?? 1,
          },
    excluded: reasonsOf(runs, metric),
  };
}

/** Returns the reasons why runs are not used for a metric, without duplicates. */
function reasonsOf(runs: readonly Run[], metric: string): Finding[] {
  const reasons = runs.flatMap((run) => exclusionOf(run, metric) ?? []);
  return reasons.filter(({ text }, at) => reasons.findIndex((each) => each.text === text) === at);
}

function kernelPoints(memory: readonly MemorySample[]): { size: number; bytes: number }[] {
  return memory.flatMap(({ open, kernelBytes }) =>
    kernelBytes === null ? [] : [{ size: open, bytes: kernelBytes }],
  );
}
