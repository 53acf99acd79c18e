import { dirname } from 'node:path';
import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { Notice } from '../model/notice.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec } from '../model/strategy.ts';
import { type Planning, planRequest } from '../plan/plan.ts';
import { chooseProfiles } from '../plan/profile.ts';
import type { RunRequest } from '../request/request.ts';
import { missedThresholds, stepsAnswering } from '../request/threshold.ts';
import { makeResultWriter, type ResultWriter } from '../store/writer.ts';
import { makeSteps } from '../strategy/steps.ts';
import { type ExitCode, exitCodeOf } from './exit-code.ts';
import type { Interruption } from './interruption.ts';
import { writeListing } from './listing.ts';
import { printResult, writeReport } from './report.ts';
import { dropRunFolder, makeRunFolder, type RunFolder } from './run-folder.ts';
import type { Services } from './services.ts';
import { type LiveLine, liveLine, type Terminal, watchProgress } from './terminal.ts';

/** Code of the notice that a run with a missed threshold carries. */
const MISSED = 'threshold-missed';

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
    const { result, folder, complete } = await measure(request, command, live, interruption, services);
    const reportPath = await writeReport(folder.path, result);
    await writeListing(dirname(folder.path));
    printResult(result, reportPath, request.json, terminal);
    for (const { plan, notices } of result.runs) {
      for (const { code, text } of notices)
        if (code === MISSED) terminal.say(`${plan.variant}, ${plan.step}: ${text}`);
    }
    return exitCodeOf(
      result.runs.map((each) => ({
        run: each,
        figures: figuresOf(each),
        missedThreshold: each.notices.some(({ code }) => code === MISSED),
      })),
      { complete, strict: request.strict, interrupted: interruption.signal.aborted },
    );
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
): Promise<{ result: Result; folder: RunFolder; complete: boolean }> {
  const profiles = chooseProfiles(await services.loadProfiles(), request.profiles.join(','));
  const [environment, machine] = await Promise.all([services.readEnvironment(), services.readMachine()]);
  const planning = planRequest(request, profiles, {
    command,
    now: services.now(),
    seed: services.drawSeed(),
    machine,
  });
  const { plan, variants, planRun } = planning;
  const strategy = makeSteps({
    ...request,
    variants: variants.map(({ name }) => name),
    planOf: (spec) => planRun(spec, 1).plan,
  });
  checkPlans(planning, request);
  signal.throwIfAborted();
  const folder = await makeRunFolder(request.reports, planning.id);
  const writer = makeResultWriter(folder.path, {
    schemaVersion: 2,
    tool: { name: 'nginx-ws-bench', version: await services.readVersion() },
    id: folder.id,
    startedAt: services.now().toISOString(),
    plan,
    environment,
    variants,
    notices: await services.watchMachine(),
  });
  try {
    await writer.begin();
    const complete = await services.runExperiment({
      strategy,
      planRun,
      environment,
      needsNginx: variants.some(({ proxy }) => proxy !== null),
      nginxPath: request.nginxPath,
      assess: (measured) => missedNotices(measured, request),
      signal,
      urgent,
      listeners: [writer.listen, watchProgress(live, services.elapsedMs)],
      say: (line) => live.say(line),
    });
    await writer.end(services.now().toISOString());
    live.clear();
    return { result: writer.result(), folder, complete };
  } catch (error) {
    live.clear();
    await rescue(folder, writer, live);
    throw error;
  }
}

/** What the machine cannot do is said before anything starts, and not when its turn comes. */
function checkPlans({ variants, planRun }: Planning, { steps, arrivals }: RunRequest): void {
  for (const step of steps) {
    const load: RunSpec['load'] =
      step === 'throughput' ? { kind: 'closed', inFlight: 1 } : { kind: 'open', ratePerSecond: 1, arrivals };
    for (const { name } of variants) planRun({ variant: name, step, round: null, load }, 1);
  }
}

function missedNotices(measured: Run, { thresholds, steps }: RunRequest): Notice[] {
  const { step } = measured.plan;
  const asked = thresholds.filter(({ metric }) => stepsAnswering(metric, steps).includes(step));
  return missedThresholds(asked, metricsOf(figuresOf(measured))).map((text) => ({
    level: 'warning',
    code: MISSED,
    text,
  }));
}

/** After a failure: what was measured gets its report, and a folder without any run goes. */
async function rescue(folder: RunFolder, writer: ResultWriter, live: LiveLine): Promise<void> {
  const result = writer.result();
  if (result.runs.length === 0) return dropRunFolder(folder);
  try {
    live.say(`What was measured until then: ${await writeReport(folder.path, result)}`);
  } catch {
    // the failure that led here is the one to tell
    live.say(`What was measured until then: ${folder.path}`);
  }
}
