import { Problem, type ProblemKind } from '../model/failure.ts';
import { typed } from '../request/config.ts';
import { last } from '../request/given.ts';
import { type Request, readLine, readsConfig, requestFrom } from '../request/request.ts';
import { calibrate } from './calibrate.ts';
import { capacity } from './capacity.ts';
import { check } from './check.ts';
import { compare } from './compare.ts';
import { compareStoredResults } from './compare-stored.ts';
import { completion } from './completion.ts';
import type { CommandContext, StoppableContext } from './context.ts';
import { defectOf } from './defect.ts';
import { doctor } from './doctor.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { helpText } from './help.ts';
import { type Interruption, type SignalSource, watchSignals } from './interruption.ts';
import { ladder } from './ladder.ts';
import { profiles } from './profiles.ts';
import { publish } from './publish.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';
import { up } from './up.ts';

/**
 * Problem kinds that are usage errors. A stored result that is named but cannot be read is one, just as an
 * invalid option is.
 */
const WRONG_USE: ReadonlySet<ProblemKind> = new Set(['usage', 'result']);

/**
 * What the command line needs from its process: a source of signals, whether to print stack traces, and how
 * to exit immediately.
 */
export interface Surroundings {
  signals: SignalSource;
  debug: boolean;
  exit(code: ExitCode): void;
}

/**
 * Time after a second Ctrl-C for killing processes and removing folders; the warden cleans up whatever
 * remains.
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
  services: Pick<Services, 'readConfigFile'>,
): Promise<{ request: Request; command: readonly string[] }> {
  const line = readLine(argv);
  const file = readsConfig(line) ? await services.readConfigFile(last(line.given, 'config')) : null;
  const { request, fromFile } = requestFrom(line, file);
  if (file === null || fromFile.size === 0) return { request, command: argv };
  terminal.say(`Options from ${file.name}: ${[...fromFile.keys()].map((name) => `--${name}`).join(', ')}`);
  return { request, command: [...argv, ...typed(fromFile), '--no-config'] };
}

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
      terminal.print(helpText(request.of));
      return EXIT.done;
    case 'version':
      terminal.print(await services.readVersion());
      return EXIT.done;
    case 'completion':
      return completion(request.completion, context);
    case 'doctor':
      return doctor(request.doctor, context);
    case 'profiles':
      return profiles(request.profiles, context);
    case 'report':
      return report(request.report, context);
    case 'publish':
      return stoppable((within) => publish(request.publish, within), 'the site was published');
    case 'compare-stored':
      return compareStoredResults(request.stored, context);
    case 'check':
      return stoppable((within) => check(request.check, within), 'the check was complete');
    case 'compare':
      return stoppable((within) => compare(request.compare, within));
    case 'capacity':
      return stoppable((within) => capacity(request.capacity, within));
    case 'ladder':
      return stoppable((within) => ladder(request.ladder, within));
    case 'calibrate':
      return stoppable((within) => calibrate(request.calibrate, within));
    case 'up':
      return stoppable((within) => up(request.up, within), 'everything was running');
    case 'run':
      return stoppable((within) => run(request.run, within));
  }
}

/**
 * Runs an action that signals can interrupt. A failure caused by a signal is reported as an interruption.
 * After a second signal the process exits shortly, whatever it is waiting for.
 *
 * @param missed the work that an interruption prevents
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
