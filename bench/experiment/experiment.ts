import { UNJUDGED } from '../diagnose/diagnose.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/notice.ts';
import type { Plan } from '../model/plan.ts';
import type { Progress } from '../model/progress.ts';
import { type Environment, type Result, SCHEMA_VERSION } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { findNginx, type NginxBinary } from '../nginx/binary.ts';
import { readBusyShare, readLimitNotices } from '../observe/environment.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { DEFAULT_PORTS } from '../plan/reckoning.ts';
import { startWarden, type Warden } from '../topology/warden.ts';
import type { NamedProcess } from './context.ts';
import { executeRun } from './run.ts';

/** Share of all CPUs from which on the machine counts as busy with something else; how long it is watched. */
const BUSY_SHARE = 0.1;
const LISTEN_MS = 300;

/** What the experiment is given; it owns every process of the topology, and its end. */
export interface ExperimentInput {
  version: string;
  plan: Plan;
  runs: PlannedRun[];
  /** Of the invocation as a whole. */
  notices: Notice[];
  id: string;
  environment: Environment;
  nginxPath: string | null;
  /** Where a fetched Nginx is kept. */
  cacheDir: string;
  /** Stop in order, and return what was measured. */
  signal: AbortSignal;
  /** Kill what still runs. */
  urgent: AbortSignal;
  onProgress(progress: Progress): void;
  /** The processes of each run, when they all run. */
  onProcesses?(processes: readonly NamedProcess[]): void;
  serverArguments?: readonly string[];
  say(line: string): void;
  save(result: Result): Promise<void>;
}

/**
 * Executes the runs of a plan one after the other, with fresh processes for each. The result is saved
 * before the first, every few seconds and after every run: whatever dies, what was measured is kept.
 */
export async function runExperiment(input: ExperimentInput): Promise<Result> {
  const { runs, signal } = input;
  const notices = [...input.notices, ...(await readLimitNotices()), ...(await busyMachine())];
  let result = begin({ ...input, notices });
  await input.save(result);
  const warden = await startWarden();
  try {
    const binary = await nginxFor(input);
    for (const [index, run] of runs.entries()) {
      if (signal.aborted) break;
      const before = result;
      const saveSoFar = (part: Run) => input.save({ ...before, runs: [...before.runs, unjudged(part)] });
      const done = await attempt(input, index, run, binary, warden, saveSoFar);
      result = { ...before, runs: [...before.runs, done] };
      await input.save(result);
    }
  } finally {
    await warden.close();
  }
  result = { ...result, endedAt: new Date().toISOString() };
  await input.save(result);
  return result;
}

function begin({ version, id, plan, environment, notices }: ExperimentInput): Result {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'nginx-ws-bench', version },
    id,
    startedAt: new Date().toISOString(),
    endedAt: null,
    plan,
    environment,
    notices,
    runs: [],
  };
}

/** Whatever else runs takes its share of every figure. */
async function busyMachine(): Promise<Notice[]> {
  const share = await readBusyShare(LISTEN_MS);
  if (share === null || share < BUSY_SHARE) return [];
  const text = `The machine was ${Math.round(share * 100)} % busy with other work before the first run. Figures taken beside other work scatter: compare ratios within one session only.`;
  return [{ level: 'warning', code: 'machine-busy', text }];
}

async function nginxFor({
  runs,
  nginxPath,
  cacheDir,
  say,
  signal,
}: ExperimentInput): Promise<NginxBinary | null> {
  if (runs.every(({ profile }) => profile.configurationPath === null)) return null;
  const searchPath = process.env.PATH ?? '';
  return findNginx({ path: nginxPath, searchPath, cacheDir, say, signal });
}

/** A run that cannot be raised is a failed run: those before and after it stand. */
async function attempt(
  input: ExperimentInput,
  index: number,
  run: PlannedRun,
  binary: NginxBinary | null,
  warden: Warden,
  saveSoFar: (part: Run) => Promise<void>,
): Promise<Run> {
  const startedAt = new Date().toISOString();
  const since = performance.now();
  const { plan, profile, notices } = run;
  try {
    return await executeRun({
      plan,
      profile,
      notices,
      binary,
      warden,
      cpus: input.environment.cpus,
      portRange: input.environment.portRange ?? DEFAULT_PORTS,
      signal: input.signal,
      urgent: input.urgent,
      saveSoFar,
      ...(input.onProcesses === undefined ? {} : { onProcesses: input.onProcesses }),
      ...(input.serverArguments === undefined ? {} : { serverArguments: input.serverArguments }),
      onProgress: (progress) =>
        input.onProgress({
          ...progress,
          run: index + 1,
          runs: input.runs.length,
          profile: plan.profile,
          elapsedUs: Math.round((performance.now() - since) * 1e3),
        }),
    });
  } catch (error) {
    if (input.signal.aborted)
      return notMeasured(run, startedAt, { state: 'aborted', reason: 'it was interrupted.' });
    if (!(error instanceof Problem)) throw error;
    return notMeasured(run, startedAt, { state: 'failed', reason: error.message });
  }
}

function notMeasured(
  { plan, profile, notices }: PlannedRun,
  startedAt: string,
  outcome: Run['outcome'],
): Run {
  return unjudged({
    plan,
    title: profile.title,
    startedAt,
    outcome,
    phases: [],
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
    validity: { ...UNJUDGED, reasons: [`The run was ${outcome.state}: ${outcome.reason}`] },
  };
}
