import { UNJUDGED } from '../diagnose/diagnose.ts';
import type { BenchEvent, Listener } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Environment } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import type { Variant } from '../model/variant.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { readBusyShare, readLimitNotices } from '../observe/environment.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { DEFAULT_PORTS } from '../plan/reckoning.ts';
import { startWarden, type Warden } from '../topology/warden.ts';
import { finding, notice } from '../wording/finding.ts';
import type { RunControl } from './context.ts';
import { runLoop } from './loop.ts';
import { executeRun } from './run.ts';
import type { Place } from './turns.ts';

/** Share of all CPUs from which on the machine counts as busy with something else; how long it is watched. */
const BUSY_SHARE = 0.1;
const LISTEN_MS = 300;

/** The Nginx that variants run on, by the name that a person gave it; null: the one of those that name none. */
export type Binaries = ReadonlyMap<string | null, NginxBinary>;

/** What an experiment is given; it owns every process of the topology, and its end. */
export interface ExperimentInput extends RunControl {
  strategy: Strategy;
  planRun(spec: RunSpec, number: number): PlannedRun;
  environment: Environment;
  binaries: Binaries;
  /** What else is to be told of a run that has ended, as notices in it. */
  assess(run: Run): Notice[];
  /** Is told what else a person should know. */
  say(line: string): void;
  /** Each event goes to every listener; the experiment waits for all of them. */
  listeners: readonly Listener[];
}

/**
 * Executes the runs that a strategy asks for one after the other, with fresh processes for each.
 *
 * @returns whether the strategy came to its end
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

/** What a person should know of the machine before the first run: its limits, and what else it does. */
export async function watchMachine(): Promise<Notice[]> {
  return [...(await readLimitNotices()), ...(await busyMachine())];
}

/** Whatever else runs takes its share of every figure. */
async function busyMachine(): Promise<Notice[]> {
  const share = await readBusyShare(LISTEN_MS);
  if (share === null || share < BUSY_SHARE) return [];
  return [notice('warning', 'machine-busy', { share })];
}

function binaryOf({ name, proxy }: Variant, binaries: Binaries): NginxBinary | null {
  if (proxy === null) return null;
  const binary = binaries.get(proxy.binary);
  if (binary === undefined) throw new TypeError(`there is no Nginx for ${name}`);
  return binary;
}

/** A run that cannot be started is a failed run: those before and after it stand. */
async function attempt(
  input: ExperimentInput,
  { planned, number, place }: { planned: PlannedRun; number: number; place: Place | null },
  warden: Warden,
  emit: (event: BenchEvent) => Promise<void>,
): Promise<Run> {
  const startedAt = new Date().toISOString();
  const { binaries, environment } = input;
  try {
    return await executeRun({
      ...input,
      ...planned,
      binary: binaryOf(planned.variant, binaries),
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
    slices: [],
    workers: [],
    processes: [],
    machine: null,
    spread: [],
    probe: null,
    http: null,
    proxy: null,
    notices,
    validity: UNJUDGED,
  });
}

/** There is too little to judge by: that it did not complete is all that can be said. */
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
