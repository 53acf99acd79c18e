import { UNJUDGED } from '../diagnose/diagnose.ts';
import type { BenchEvent, Listener } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Environment } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { readBusyShare, readLimitNotices } from '../observe/environment.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { DEFAULT_PORTS } from '../plan/reckoning.ts';
import type { VariantProxy } from '../topology/driver.ts';
import { startWarden, type Warden } from '../topology/warden.ts';
import { finding, notice } from '../wording/finding.ts';
import type { RunControl } from './context.ts';
import { runLoop } from './loop.ts';
import { executeRun } from './run.ts';
import type { Place } from './turns.ts';

/** The machine counts as busy if other work uses at least this share of total CPU capacity during LISTEN_MS. */
const BUSY_SHARE = 0.1;
const LISTEN_MS = 300;

/** Input of an experiment, which starts and ends every process of the topology. */
export interface ExperimentInput extends RunControl {
  strategy: Strategy;
  planRun(spec: RunSpec, number: number): PlannedRun;
  environment: Environment;
  /** The proxies by variant name. Variants without a proxy are missing. */
  proxies: ReadonlyMap<string, VariantProxy>;
  /** Returns additional notices to record in a completed run. */
  assess(run: Run): Notice[];
  /** Prints a message that is not part of an event, for the user to read. */
  say(line: string): void;
  /** Each event goes to every listener, and the experiment waits until all have handled it. */
  listeners: readonly Listener[];
}

/**
 * Executes the runs that a strategy requests, one after another, with new processes for each.
 *
 * @returns whether the strategy ran to completion
 */
export async function runExperiment(input: ExperimentInput): Promise<boolean> {
  const warden = await startWarden(input.say);
  try {
    const emit = async (event: BenchEvent) => {
      await Promise.all(input.listeners.map((listen) => listen(event)));
    };
    return await runLoop({
      strategy: input.strategy,
      planRun: input.planRun,
      signal: input.signal,
      emit,
      async execute(planned, number, place) {
        const run = await attempt(input, { planned, number, place }, warden, emit);
        return { ...run, notices: [...run.notices, ...input.assess(run)] };
      },
    });
  } finally {
    await warden.close();
  }
}

/** Warnings about the machine for the user to read before the first run: its limits, and other load on it. */
export async function watchMachine(): Promise<Notice[]> {
  return [...(await readLimitNotices()), ...(await busyMachine())];
}

/** Warns about other work on the machine, which distorts every figure. */
async function busyMachine(): Promise<Notice[]> {
  const share = await readBusyShare(LISTEN_MS);
  if (share === null || share < BUSY_SHARE) return [];
  return [notice('warning', 'machine-busy', { share })];
}

/**
 * Executes a run. A run that cannot be started is recorded as failed; the runs before and after it remain
 * valid.
 */
async function attempt(
  input: ExperimentInput,
  { planned, number, place }: { planned: PlannedRun; number: number; place: Place | null },
  warden: Warden,
  emit: (event: BenchEvent) => Promise<void>,
): Promise<Run> {
  const startedAt = new Date().toISOString();
  const { proxies, environment } = input;
  try {
    return await executeRun({
      ...input,
      ...planned,
      proxy: proxies.get(planned.variant.name) ?? null,
      warden,
      place,
      cpus: environment.cpuQuota ?? environment.cpus,
      portRange: environment.portRange ?? DEFAULT_PORTS,
      emit,
      saveSoFar: (run) => emit({ type: 'checkpoint', number, run: unjudged(run) }),
    });
  } catch (error) {
    if (input.signal.aborted)
      return notMeasured(planned, startedAt, { state: 'aborted', reason: 'it was interrupted.' });
    if (!(error instanceof Problem)) throw error;
    return notMeasured(planned, startedAt, { state: 'failed', reason: error.message });
  }
}

function notMeasured({ plan, notices }: PlannedRun, startedAt: string, outcome: Run['outcome']): Run {
  return unjudged({
    plan,
    startedAt,
    outcome,
    phases: [],
    timeline: [],
    memory: [],
    queues: [],
    slices: [],
    workers: [],
    processes: [],
    machine: null,
    listenDrops: null,
    spread: [],
    probe: null,
    http: null,
    httpLoad: null,
    proxy: null,
    notices,
    validity: UNJUDGED,
  });
}

/** Marks a run whose data is too incomplete to judge: the only verdict is that the run did not complete. */
function unjudged(run: Run): Run {
  const { outcome } = run;
  if (outcome.state === 'completed') return run;
  return {
    ...run,
    validity: {
      ...UNJUDGED,
      reasons: [finding('run-ended', { state: outcome.state, reason: outcome.reason })],
    },
  };
}
