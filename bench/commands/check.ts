import { countByLevel } from '../check/finding.ts';
import { checkJson } from '../check/json.ts';
import { checkText } from '../check/text.ts';
import type { CheckRequest } from '../request/check.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { screenOf } from './screen.ts';

/** Prints what prevents a configuration from serving WebSockets. */
export async function check(
  { path, configuration, nginx, json }: CheckRequest,
  {
    terminal,
    services,
    interruption: { signal, urgent },
  }: StoppableContext<'findNginx' | 'checkConfiguration'>,
): Promise<ExitCode> {
  const screen = screenOf(terminal);
  try {
    const binary = await services.findNginx(nginx, { say: screen.say, signal });
    screen.show([`Opening WebSockets through ${path} …`]);
    const report = await services.checkConfiguration({
      path,
      configuration,
      binary,
      signal,
      urgent,
      say: screen.say,
    });
    screen.clear();
    terminal.print(json ? JSON.stringify(checkJson(report), null, 2) : checkText(report, terminal.columns));
    return countByLevel(report.findings).error > 0 ? EXIT.failed : EXIT.done;
  } finally {
    screen.clear();
  }
}
