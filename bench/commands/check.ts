import type { CheckReport } from '../check/check.ts';
import { countByLevel } from '../check/finding.ts';
import { checkGithub } from '../check/github.ts';
import { checkJson, checksJson } from '../check/json.ts';
import { checkSarif } from '../check/sarif.ts';
import { checkText } from '../check/text.ts';
import { STDIN_NAME } from '../model/configuration.ts';
import { type CheckFormat, type CheckRequest, STDIN_OPERAND } from '../request/check.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { screenOf } from './screen.ts';

/**
 * Checks configurations and prints what prevents each from serving WebSockets. In text format, each result is printed
 * as soon as the configuration has been checked. Other formats are printed at the end, and only if every configuration
 * could be checked.
 */
export async function check(
  { paths, configuration, nginx, format }: CheckRequest,
  {
    terminal,
    services,
    interruption: { signal, urgent },
  }: StoppableContext<'findNginx' | 'checkConfiguration' | 'readStandardInput' | 'readVersion'>,
): Promise<ExitCode> {
  const screen = screenOf(terminal);
  try {
    const input = paths.includes(STDIN_OPERAND) ? await services.readStandardInput(signal) : null;
    const binary = await services.findNginx(nginx, { say: screen.say, signal });
    const reports: CheckReport[] = [];
    for (const operand of paths) {
      const isInput = operand === STDIN_OPERAND;
      const path = isInput ? STDIN_NAME : operand;
      screen.show([`Opening WebSockets through ${path} …`]);
      const report = await services.checkConfiguration({
        path,
        text: isInput ? input : null,
        configuration,
        binary,
        signal,
        urgent,
        say: screen.say,
      });
      screen.clear();
      if (format === 'text') {
        const gap = reports.length === 0 ? '' : '\n';
        terminal.print(gap + checkText(report, terminal.columns));
      }
      reports.push(report);
    }
    const whole = format === 'text' ? null : formatted(reports, format, await services.readVersion());
    if (whole !== null) terminal.print(whole);
    const isWrong = reports.some(({ findings }) => countByLevel(findings).error > 0);
    return isWrong ? EXIT.failed : EXIT.done;
  } finally {
    screen.clear();
  }
}

/**
 * Returns all reports in a machine-readable format; null if there is nothing to print.
 *
 * @param version version of this program
 */
function formatted(
  reports: readonly CheckReport[],
  format: Exclude<CheckFormat, 'text'>,
  version: string,
): string | null {
  switch (format) {
    case 'json': {
      const [report, ...others] = reports;
      const isOne = report !== undefined && others.length === 0;
      return inLines(isOne ? checkJson(report) : checksJson(reports));
    }
    case 'sarif':
      return inLines(checkSarif(reports, { name: 'nginx-ws-bench', version }));
    case 'github':
      return checkGithub(reports);
  }
}

function inLines(json: unknown): string {
  return JSON.stringify(json, null, 2);
}
