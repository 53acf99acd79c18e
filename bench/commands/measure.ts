import type { Binaries } from '../experiment/experiment.ts';
import { type LiveReport, serveLive } from '../live/live.ts';
import type { Listener } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import { loadOf } from '../model/load.ts';
import type { Environment, Result, ResultHead } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import type { Variant } from '../model/variant.ts';
import { type Planning, planRequest } from '../plan/plan.ts';
import type { Side } from '../plan/variants.ts';
import { makeRedactor } from '../redact/result.ts';
import type { RunRequest } from '../request/request.ts';
import { makeResultWriter, type ResultWriter } from '../store/writer.ts';
import type { StoppableContext } from './context.ts';
import { checkExports } from './exports.ts';
import type { FitNeed } from './fit.ts';
import { UNWATCHED, watchProgress } from './progress.ts';
import { recordedCommand, shownTuning } from './recorded.ts';
import { printResult, writeReport } from './report.ts';
import { dropRunFolder, makeRunFolder, type RunFolder } from './run-folder.ts';
import type { Screen } from './screen.ts';
import type { LibraryNeed } from './services.ts';

/** What is to be measured, and by which rule. */
export interface Question {
  request: RunRequest;
  sides: readonly Side[];
  /** What is to be told beside the runs. */
  notices: readonly Notice[];
  /** What the sides run on, by the name that a variant has for it. */
  binaries: Binaries;
  makeStrategy(planning: Planning): Strategy;
  /**
   * What has to hold before the first run beside what the plan says, and what is known by then of the machine.
   *
   * @throws Problem where it does not hold
   */
  prepare(planning: Planning, environment: Environment): Promise<Pick<ResultHead, 'calibration'>>;
  /** What else is to be told of a run that has ended, as notices in it. */
  assess(run: Run): Notice[];
}

/** Without it neither a verdict nor a rate could be told. */
export const CANNOT_OBSERVE =
  'The bench judges a run by what /proc says of its processes, and this system shows none: ' +
  'run it on Linux, in a container or a virtual machine for instance.';

/** What a command that measures takes of the machine and the installation. */
export type MeasureNeed =
  | LibraryNeed
  | FitNeed
  | 'canObserve'
  | 'readEnvironment'
  | 'readMachine'
  | 'checkTunings'
  | 'watchMachine'
  | 'runExperiment'
  | 'readIdentity'
  | 'readVersion'
  | 'now'
  | 'elapsedMs'
  | 'drawSeed';

/** What came of it. */
export interface Measured {
  result: Result;
  folder: RunFolder;
  /** Whether the strategy came to its end. */
  complete: boolean;
}

/**
 * Plans a question and has the experiment answer it, with every run saved as it ends. Throws a Problem where
 * it cannot; what was measured until then is in the run folder all the same.
 */
export async function measure(
  { request, sides, notices, binaries, makeStrategy, prepare, assess }: Question,
  { command, terminal, services, interruption: { signal, urgent } }: StoppableContext<MeasureNeed>,
  screen: Screen,
): Promise<Measured> {
  await checkExports(request.exports);
  if (!services.canObserve()) throw new Problem('environment', CANNOT_OBSERVE);
  const [environment, machine] = await Promise.all([services.readEnvironment(), services.readMachine()]);
  const planning = planRequest(request, sides, {
    command: recordedCommand(command),
    now: services.now(),
    seed: services.drawSeed(),
    machine,
  });
  const { plan, variants, planRun } = planning;
  const strategy = makeStrategy(planning);
  checkPlans(planning, request);
  for (const side of sides) await services.checkTunings(side);
  const known = await prepare(planning, environment);
  signal.throwIfAborted();
  const head: ResultHead = {
    schemaVersion: 2,
    tool: { name: 'nginx-ws-bench', version: await services.readVersion() },
    id: planning.id,
    startedAt: services.now().toISOString(),
    plan,
    environment,
    variants: variants.map(withoutSecrets),
    notices: [...notices, ...(await services.watchMachine())],
    ...known,
  };
  const redactor = request.redact ? makeRedactor(head, services.readIdentity()) : null;
  const shown = redactor?.head ?? head;
  const folder = await makeRunFolder(request.reports, shown.id);
  const stored = { ...shown, id: folder.id };
  const writer = makeResultWriter(folder.path, stored);
  const watch = request.quiet ? UNWATCHED : watchProgress(terminal, screen, services.elapsedMs);
  let live: LiveReport | null = null;
  const ended: Run[] = [];
  /** What is passed on to others, or kept for them. */
  const tell: Listener = async (event) => {
    const shownEvent = redactor?.event(event) ?? event;
    if (shownEvent.type === 'run-ended') ended.push(shownEvent.run);
    await Promise.all([writer.listen(shownEvent), live?.listen(shownEvent)]);
  };
  try {
    await writer.begin();
    if (request.live !== null) {
      live = await serveLive(stored, request.live.port, services.elapsedMs);
      screen.say(`The report while it grows: ${live.url}`);
    }
    const complete = await services.runExperiment({
      strategy,
      planRun,
      environment,
      binaries,
      assess,
      signal,
      urgent,
      say: screen.say,
      listeners: [tell, watch.listen],
    });
    await writer.end(services.now().toISOString());
    return { result: writer.result(), folder, complete };
  } catch (error) {
    await rescue(folder, writer, screen);
    // The run that could not be saved was measured all the same.
    watch.stop();
    if (ended.length > 0) printResult({ ...writer.result(), runs: ended }, null, request.json, terminal);
    throw error;
  } finally {
    watch.stop();
    await live?.end(writer.result(), urgent);
  }
}

/** A tuning may come from the command line. */
function withoutSecrets(variant: Variant): Variant {
  if (variant.proxy === null) return variant;
  const tunings = variant.proxy.tunings.map((tuning) => ({ ...tuning, text: shownTuning(tuning.text) }));
  return { ...variant, proxy: { ...variant.proxy, tunings } };
}

/** What the machine cannot do is said before anything starts, and not when its turn comes. */
function checkPlans({ variants, planRun }: Planning, { arrivals, scenario }: RunRequest): void {
  for (const { name: step, load } of scenario.steps) {
    const least = loadOf(load, { inFlight: 1, ratePerSecond: 1, arrivals });
    for (const { name } of variants) planRun({ variant: name, step, round: null, load: least }, 1);
  }
}

/** After a failure: what was measured gets its report, and a folder without any run goes. */
async function rescue(folder: RunFolder, writer: ResultWriter, screen: Screen): Promise<void> {
  const result = writer.result();
  if (result.runs.length === 0) return dropRunFolder(folder);
  // The failure that led here is the one to tell.
  const reportPath = await writeReport(folder.path, result, () => {}).catch(() => null);
  screen.say(`What was measured until then: ${reportPath ?? folder.path}`);
}
