import { dirname } from 'node:path';
import type { Notice } from '../model/notice.ts';
import type { Result } from '../model/result.ts';
import { makePlan } from '../plan/plan.ts';
import type { RunRequest } from '../plan/request.ts';
import { missedThresholds, type Threshold } from '../plan/threshold.ts';
import { type ExitCode, exitCodeOf, type Judged } from './exit-code.ts';
import type { Interruption } from './interruption.ts';
import { metricsOf } from './metrics.ts';
import { printResult } from './report.ts';
import { dropRunFolder, makeRunFolder, type RunFolder } from './run-folder.ts';
import type { Services } from './services.ts';
import { type LiveLine, liveLine, type Terminal } from './terminal.ts';

/**
 * Plans and runs what was asked for, writes result and reports, and prints the summary. Throws a
 * Problem where it cannot; what was measured until then is in the run folder all the same.
 */
export async function run(
  request: RunRequest,
  command: readonly string[],
  terminal: Terminal,
  interruption: Interruption,
  services: Services,
): Promise<ExitCode> {
  const live = liveLine(terminal);
  try {
    const { result, folder } = await measure(request, command, live, interruption, services);
    const judged = judge(result, request.thresholds, services);
    const told = withMissedThresholds(result, judged);
    await services.writeResult(folder.path, told);
    const reportPath = await services.writeReport(folder.path, told);
    await services.writeListing(dirname(folder.path));
    printResult(told, reportPath, request.json, terminal, services);
    for (const { run, missed } of judged) {
      for (const sentence of missed) terminal.say(`${run.plan.profile}: ${sentence}`);
    }
    return exitCodeOf(judged, {
      planned: result.plan.runs.length,
      strict: request.strict,
      interrupted: interruption.signal.aborted,
    });
  } finally {
    live.clear();
  }
}

async function measure(
  request: RunRequest,
  command: readonly string[],
  live: LiveLine,
  { signal, urgent }: Interruption,
  services: Services,
): Promise<{ result: Result; folder: RunFolder }> {
  const profiles = services.chooseProfiles(await services.loadProfiles(), request.profiles.join(','));
  const [environment, machine] = await Promise.all([services.readEnvironment(), services.readMachine()]);
  const context = { command, now: services.now(), seed: services.drawSeed(), machine };
  const { id, plan, runs } = makePlan(request, profiles, context);
  signal.throwIfAborted();
  const folder = await makeRunFolder(request.reports, id);
  let saved: Result | null = null;
  try {
    const result = await services.runExperiment({
      plan,
      runs,
      notices: [],
      id: folder.id,
      environment,
      nginxPath: request.nginxPath,
      signal,
      urgent,
      onProgress: (progress) => live.update(services.progressLine(progress)),
      say: (line) => live.say(line),
      async save(measured) {
        await services.writeResult(folder.path, measured);
        saved = measured;
      },
    });
    live.clear();
    return { result, folder };
  } catch (error) {
    live.clear();
    await rescue(folder, saved, live, services);
    throw error;
  }
}

/** After a failure: what was measured gets its report, and a folder without any run goes. */
async function rescue(
  folder: RunFolder,
  saved: Result | null,
  live: LiveLine,
  services: Services,
): Promise<void> {
  if (saved === null || saved.runs.length === 0) return dropRunFolder(folder);
  try {
    live.say(`What was measured until then: ${await services.writeReport(folder.path, saved)}`);
  } catch {
    // the failure that led here is the one to tell
    live.say(`What was measured until then: ${folder.path}`);
  }
}

function judge(result: Result, thresholds: readonly Threshold[], services: Services): Judged[] {
  return result.runs.map((run) => {
    const figures = services.figuresOf(run);
    return { run, figures, missed: missedThresholds(thresholds, metricsOf(figures)) };
  });
}

/** The result with what it missed, for whoever reads the report. */
function withMissedThresholds(result: Result, judged: readonly Judged[]): Result {
  const runs = judged.map(({ run, missed }) => {
    const notices = missed.map((text): Notice => ({ level: 'warning', code: 'threshold-missed', text }));
    return { ...run, notices: [...run.notices, ...notices] };
  });
  return { ...result, runs };
}
