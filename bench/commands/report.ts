import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Result } from '../model/result.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** Draws the reports of a stored result again, from the JSON alone, beside it. */
export async function report(
  request: { path: string; json: boolean },
  terminal: Terminal,
  services: Services,
): Promise<ExitCode> {
  const result = await services.readResult(request.path);
  const folder = await folderOf(request.path);
  const reportPath = await services.writeReport(folder, result);
  printResult(result, reportPath, request.json, terminal, services);
  return EXIT.done;
}

/** The summary of a result: on stdout, for a person or as JSON. */
export function printResult(
  result: Result,
  reportPath: string,
  json: boolean,
  terminal: Terminal,
  services: Services,
): void {
  terminal.print(
    json
      ? JSON.stringify(services.jsonSummary(result, reportPath), null, 2)
      : `${services.summaryText(result)}\nReport: ${reportPath}`,
  );
}

async function folderOf(path: string): Promise<string> {
  return (await stat(path)).isDirectory() ? path : dirname(path);
}
