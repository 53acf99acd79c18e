import { Problem, type ProblemKind } from '../model/failure.ts';
import { typed } from '../request/config.ts';
import { last } from '../request/given.ts';
import { type Request, readLine, readsConfig, requestFrom } from '../request/request.ts';
import { scenarioFileIn, scenarioFileOf } from '../request/scenario-file.ts';
import type { CommandContext, StoppableContext } from './context.ts';
import { defectOf } from './defect.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type Interruption, type SignalSource, watchSignals } from './interruption.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/**
 * Problem kinds that count as usage errors. They include `result`: the user named a stored result that cannot
 * be read.
 */
const WRONG_USE: ReadonlySet<ProblemKind> = new Set(['usage', 'result']);

/**
 * The parts of the process that the command line needs: a source of signals, a switch for stack traces, and a
 * function that exits immediately.
 */
export interface Surroundings {
  signals: SignalSource;
  debug: boolean;
  exit(code: ExitCode): void;
}

/**
 * Time allowed after a second Ctrl-C for killing processes and removing folders; the warden cleans up
 * whatever remains.
 */
const URGENT_MS = 3_000;

/**
 * Runs the command line `argv` (without node and script) and returns the exit code. Errors are printed, not
 * thrown.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  surroundings: Surroundings,
  services: Services,
): Promise<ExitCode> {
  try {
    const { request, command } = await requested(argv, terminal, services);
    return await dispatch(request, { command, terminal, services }, surroundings);
  } catch (error) {
    if (error instanceof Problem) {
      terminal.say(error.message);
      return WRONG_USE.has(error.kind) ? EXIT.usage : EXIT.failed;
    }
    terminal.say(defectOf(error, surroundings.debug));
    return EXIT.failed;
  }
}

/**
 * Parses the request, and returns it with its full command line, including options from a configuration file.
 */
async function requested(
  argv: readonly string[],
  terminal: Terminal,
  services: Pick<Services, 'readConfigFile' | 'addScenario'>,
): Promise<{ request: Request; command: readonly string[] }> {
  const scenario = scenarioFileOf(argv);
  if (scenario !== null) await services.addScenario(scenario);
  const line = readLine(argv);
  const file = readsConfig(line) ? await services.readConfigFile(last(line.given, 'config')) : null;
  const ofFile = file === null || line.given.has('scenario') ? null : scenarioFileIn(file, line.word);
  if (ofFile !== null) await services.addScenario(ofFile);
  const { request, fromFile } = requestFrom(line, file);
  if (file === null || fromFile.size === 0) return { request, command: argv };
  terminal.say(`Options from ${file.name}: ${[...fromFile.keys()].map((name) => `--${name}`).join(', ')}`);
  return { request, command: [...argv, ...typed(fromFile), '--no-config'] };
}

/**
 * Performs the command. Each command is imported only when it is requested, because importing all of them
 * takes half a second.
 */
async function dispatch(
  request: Request,
  context: CommandContext,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal, services } = context;
  const stoppable = (
    act: (context: StoppableContext) => Promise<ExitCode>,
    missed = 'anything was measured',
  ) => interruptibly(surroundings, terminal, missed, (interruption) => act({ ...context, interruption }));
  switch (request.command) {
    case 'help':
      terminal.print((await import('./help.ts')).helpText(request.of));
      return EXIT.done;
    case 'version':
      terminal.print(await services.readVersion());
      return EXIT.done;
    case 'completion':
      return (await import('./completion.ts')).completion(request.completion, context);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(request.doctor, context);
    case 'profiles':
      return (await import('./profiles.ts')).profiles(request.profiles, context);
    case 'report':
      return (await import('./report.ts')).report(request.report, context);
    case 'publish': {
      const { publish } = await import('./publish.ts');
      return stoppable((within) => publish(request.publish, within), 'the site was published');
    }
    case 'compare-stored':
      return (await import('./compare-stored.ts')).compareStoredResults(request.stored, context);
    case 'check': {
      const { check } = await import('./check.ts');
      return stoppable((within) => check(request.check, within), 'the check was complete');
    }
    case 'compare': {
      const { compare } = await import('./compare.ts');
      return stoppable((within) => compare(request.compare, within));
    }
    case 'capacity': {
      const { capacity } = await import('./capacity.ts');
      return stoppable((within) => capacity(request.capacity, within));
    }
    case 'ladder': {
      const { ladder } = await import('./ladder.ts');
      return stoppable((within) => ladder(request.ladder, within));
    }
    case 'size': {
      const { size } = await import('./size.ts');
      return stoppable((within) => size(request.size, within));
    }
    case 'calibrate': {
      const { calibrate } = await import('./calibrate.ts');
      return stoppable((within) => calibrate(request.calibrate, within));
    }
    case 'up': {
      const { up } = await import('./up.ts');
      return stoppable((within) => up(request.up, within), 'everything was running');
    }
    case 'agent': {
      const { agent } = await import('./agent.ts');
      return stoppable((within) => agent(request.agent, within), 'the agent was ready');
    }
    case 'run': {
      const { run } = await import('./run.ts');
      return stoppable((within) => run(request.run, within));
    }
  }
}

/**
 * Runs an action that signals can interrupt. A failure caused by a signal is reported as an interruption.
 * After a second signal the process exits shortly, whatever it is waiting for.
 *
 * @param missed what an interruption prevents, as a clause that completes "Interrupted before"
 */
async function interruptibly(
  { signals, exit }: Surroundings,
  terminal: Terminal,
  missed: string,
  act: (interruption: Interruption) => Promise<ExitCode>,
): Promise<ExitCode> {
  const interruption = watchSignals(signals, () => performance.now());
  let timer: NodeJS.Timeout | undefined;
  interruption.urgent.addEventListener('abort', () => {
    timer = setTimeout(() => exit(EXIT.interrupted), URGENT_MS);
  });
  try {
    return await act(interruption);
  } catch (error) {
    const { aborted, reason } = interruption.signal;
    if (aborted && (error === reason || isAbort(error))) {
      terminal.say(`Interrupted before ${missed}.`);
      return EXIT.interrupted;
    }
    if (!aborted || !(error instanceof Problem)) throw error;
    terminal.say(error.message);
    return EXIT.interrupted;
  } finally {
    clearTimeout(timer);
    interruption.release();
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
