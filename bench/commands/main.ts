import { Problem } from '../model/failure.ts';
import { parseRequest, type Request } from '../request/request.ts';
import { compare } from './compare.ts';
import { defectOf } from './defect.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { helpText } from './help.ts';
import { type Interruption, type SignalSource, watchSignals } from './interruption.ts';
import { profiles } from './profiles.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** Where signals come from, and whether defects are to be shown in full. */
export interface Surroundings {
  signals: SignalSource;
  debug: boolean;
}

/** argv (without node and script) → what the process ends with; whatever goes wrong is told, not thrown. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  { signals, debug }: Surroundings,
  services: Services,
): Promise<ExitCode> {
  try {
    return await dispatch(parseRequest(argv), argv, terminal, signals, services);
  } catch (error) {
    if (error instanceof Problem) {
      terminal.say(error.message);
      return error.kind === 'usage' ? EXIT.usage : EXIT.failed;
    }
    terminal.say(defectOf(error, debug));
    return EXIT.failed;
  }
}

async function dispatch(
  request: Request,
  argv: readonly string[],
  terminal: Terminal,
  signals: SignalSource,
  services: Services,
): Promise<ExitCode> {
  switch (request.command) {
    case 'help':
      terminal.print(helpText(request.of));
      return EXIT.done;
    case 'version':
      terminal.print(await services.readVersion());
      return EXIT.done;
    case 'profiles':
      return profiles(request.profiles, terminal, services);
    case 'report':
      return report(request.report, terminal);
    case 'compare':
      return interruptibly(signals, terminal, (interruption) =>
        compare(request.compare, argv, terminal, interruption, services),
      );
    case 'run':
      return interruptibly(signals, terminal, (interruption) =>
        run(request.run, argv, terminal, interruption, services),
      );
  }
}

/** Runs with an ear for signals; what fails because of one is no failure but an interruption. */
async function interruptibly(
  signals: SignalSource,
  terminal: Terminal,
  act: (interruption: Interruption) => Promise<ExitCode>,
): Promise<ExitCode> {
  const interruption = watchSignals(signals, () => performance.now());
  try {
    return await act(interruption);
  } catch (error) {
    const { aborted, reason } = interruption.signal;
    if (aborted && (error === reason || isAbort(error))) {
      terminal.say('Interrupted before anything was measured.');
      return EXIT.interrupted;
    }
    if (!aborted || !(error instanceof Problem)) throw error;
    terminal.say(error.message);
    return EXIT.interrupted;
  } finally {
    interruption.release();
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
