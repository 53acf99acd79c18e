import type { FoundAgents } from '../agents/found-agents.ts';
import { type LiveReport, serveLive } from '../live/live.ts';
import type { Listener } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Environment, Result, ResultHead } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import type { Variant } from '../model/variant.ts';
import { sharedCarrier } from '../plan/carrier.ts';
import { type Planning, planRequest } from '../plan/plan.ts';
import type { Side } from '../plan/variants.ts';
import { makeRedactor } from '../redact/result.ts';
import type { RunRequest } from '../request/request.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { makeResultWriter, type ResultWriter } from '../store/writer.ts';
import type { VariantProxy } from '../topology/driver.ts';
import type { StoppableContext } from './context.ts';
import { checkExports } from './exports.ts';
import type { FitNeed } from './fit.ts';
import { UNWATCHED, watchProgress } from './progress.ts';
import { recordedCommand, shownTuning } from './recorded.ts';
import { printResult, writeReport } from './report.ts';
import { dropRunFolder, makeRunFolder, type RunFolder } from './run-folder.ts';
import type { Screen } from './screen.ts';
import type { LibraryNeed } from './services.ts';

/** The measurement that a command asks for, with the strategy that selects the runs. */
export interface Question {
  request: RunRequest;
  sides: readonly Side[];
  /** Notices to report in addition to the runs. */
  notices: readonly Notice[];
  /** The proxies of the sides, by the names of their variants. */
  proxies: ReadonlyMap<string, VariantProxy>;
  makeStrategy(planning: Planning, known: Pick<ResultHead, 'calibration'>): Strategy;
  /**
   * Checks conditions that the plan check does not cover and that must hold before the first run. Returns
   * what is already known about the machine.
   *
   * @throws Problem if a condition does not hold
   */
  prepare?(planning: Planning, environment: Environment): Promise<Pick<ResultHead, 'calibration'>>;
  /** Returns additional notices to record in a completed run. */
  assess?(run: Run): Notice[];
}

/** Shown if there is no /proc: a run could then neither be judged nor yield a rate. */
export const CANNOT_OBSERVE =
  'The bench needs /proc to judge a run, but this system does not provide it. ' +
  'Run the bench on Linux, for example in a container or a virtual machine.';

/** Services that a measuring command needs from the machine and the installation. */
export type MeasureNeed =
  | LibraryNeed
  | FitNeed
  | 'canObserve'
  | 'readEnvironment'
  | 'readMachine'
  | 'watchMachine'
  | 'findAgents'
  | 'runExperiment'
  | 'readIdentity'
  | 'readVersion'
  | 'now'
  | 'elapsedMs'
  | 'drawSeed';

export interface Measured {
  result: Result;
  folder: RunFolder;
  /** Whether the strategy ran to completion. */
  complete: boolean;
}

/**
 * Plans the runs for a question and executes them, saving each as it ends. Throws a Problem on failure;
 * everything measured by then is already in the run folder.
 */
export async function measure(
  question: Question,
  context: StoppableContext<MeasureNeed>,
  screen: Screen,
): Promise<Measured> {
  const { services, interruption } = context;
  const { exports, agents } = question.request;
  await checkExports(exports);
  if (!services.canObserve()) throw new Problem('environment', CANNOT_OBSERVE);
  const found = agents === null ? null : await services.findAgents(agents, interruption.signal);
  try {
    return await measureWith(found, question, context, screen);
  } finally {
    await found?.close();
  }
}

/** @param agents the agents that take part; null if this host does everything */
async function measureWith(
  agents: FoundAgents | null,
  { request, sides, notices, proxies, makeStrategy, prepare, assess = () => [] }: Question,
  { command, terminal, services, interruption: { signal, urgent } }: StoppableContext<MeasureNeed>,
  screen: Screen,
): Promise<Measured> {
  const [environment, machine] = await Promise.all([services.readEnvironment(), services.readMachine()]);
  const { carrier, notices: aboutCarrier } = sharedCarrier(
    request.carrier,
    sides.map(({ variant }) => proxies.get(variant.name)?.prepared.clientTls ?? false),
  );
  const planning = planRequest({ ...request, carrier }, sides, {
    command: recordedCommand(command),
    now: services.now(),
    seed: services.drawSeed(),
    machine: { ...machine, ...agents?.hosts },
  });
  const { plan, variants, planRun } = planning;
  checkPlans(planning, request.scenario);
  checkResumption(request, sides, proxies);
  const known = (await prepare?.(planning, environment)) ?? {};
  const strategy = makeStrategy(planning, known);
  signal.throwIfAborted();
  const head: ResultHead = {
    schemaVersion: 2,
    tool: { name: 'nginx-ws-bench', version: await services.readVersion() },
    id: planning.id,
    startedAt: services.now().toISOString(),
    plan,
    environment,
    variants: variants.map(withoutSecrets),
    notices: [...notices, ...aboutCarrier, ...(await services.watchMachine())],
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
  /** Forwards events to the other listeners and stores completed runs. */
  const tell: Listener = async (event) => {
    const shownEvent = redactor?.event(event) ?? event;
    if (shownEvent.type === 'run-ended') ended.push(shownEvent.run);
    await Promise.all([writer.listen(shownEvent), live?.listen(shownEvent)]);
  };
  try {
    await writer.begin();
    if (request.live !== null) {
      live = await serveLive(stored, request.live.port, services.elapsedMs);
      screen.say(`Live report: ${live.url}`);
    }
    const complete = await services.runExperiment({
      strategy,
      planRun,
      environment,
      proxies,
      assess,
      ...agents?.control,
      signal,
      urgent,
      say: screen.say,
      listeners: [tell, watch.listen],
    });
    await writer.end(services.now().toISOString());
    return { result: writer.result(), folder, complete };
  } catch (error) {
    await rescue(folder, writer, screen);
    // Runs that could not be saved were still measured, so they are printed.
    watch.stop();
    if (ended.length > 0) printResult({ ...writer.result(), runs: ended }, null, request.json, terminal);
    throw error;
  } finally {
    watch.stop();
    await live?.end(writer.result(), urgent);
  }
}

/** A variant without the secrets that a tuning given on the command line may contain. */
function withoutSecrets(variant: Variant): Variant {
  if (variant.proxy === null) return variant;
  const tunings = variant.proxy.tunings.map((tuning) => ({ ...tuning, text: shownTuning(tuning.text) }));
  return { ...variant, proxy: { ...variant.proxy, tunings } };
}

/** Before anything starts, rejects plans that this machine cannot execute. */
function checkPlans({ variants, planStep }: Planning, { steps }: ScenarioDefinition): void {
  for (const { name: step } of steps) for (const { name } of variants) planStep({ variant: name, step });
}

/** @throws Problem('usage') if TLS sessions are to be resumed, and no side has TLS */
function checkResumption(
  { scenario, scenarioOptions, target }: RunRequest,
  sides: readonly Side[],
  proxies: Question['proxies'],
): void {
  if (!scenario.connectionTraits?.(scenarioOptions).resumes) return;
  const without = '--resume resumes TLS sessions, but clients do not use TLS to connect to';
  if (target.kind === 'external') {
    if (target.certificate !== null) return;
    throw new Problem('usage', `${without} ${target.url}. Leave --resume out, or name a wss:// address.`);
  }
  if ([...proxies.values()].some(({ prepared }) => prepared.clientTls)) return;
  const names = sides.map(({ variant }) => variant.name).join(' and ');
  throw new Problem(
    'usage',
    `${without} ${names}. Leave --resume out, or choose a variant with TLS: -p tls.`,
  );
}

/** Writes a report of the runs measured before a failure, or removes the folder if there are none. */
async function rescue(folder: RunFolder, writer: ResultWriter, screen: Screen): Promise<void> {
  const result = writer.result();
  if (result.runs.length === 0) return dropRunFolder(folder);
  // An error here is ignored, because the original failure is the one to report.
  const reportPath = await writeReport(folder.path, result, () => {}).catch(() => null);
  screen.say(`Measured before the failure: ${reportPath ?? folder.path}`);
}
