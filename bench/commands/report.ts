import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Result } from '../model/result.ts';
import { capacityText } from '../report/capacity/text.ts';
import { comparisonText } from '../report/comparison/text.ts';
import { jsonSummary } from '../report/json.ts';
import { OUTPUTS } from '../report/outputs.ts';
import { priceText } from '../report/price/text.ts';
import { summaryText } from '../report/terminal.ts';
import { writeFileWhole } from '../store/file.ts';
import { readResult } from '../store/read.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Draws the reports of a stored result again, from the JSON alone, beside it. */
export async function report(
  request: { path: string; json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const result = await readResult(request.path);
  const folder = (await stat(request.path)).isDirectory() ? request.path : dirname(request.path);
  printResult(result, await writeReport(folder, result), request.json, terminal);
  return EXIT.done;
}

/**
 * Writes every output of a result to its folder.
 *
 * @returns the path of report.html
 * @throws Problem('environment') as `writeFileWhole`
 */
export async function writeReport(folder: string, result: Result): Promise<string> {
  for (const output of Object.values(OUTPUTS)) {
    for (const { name, text } of output(result)) await writeFileWhole(join(folder, name), text);
  }
  return join(folder, 'report.html');
}

/** The summary of a result: on stdout, for a person or as JSON. */
export function printResult(result: Result, reportPath: string, json: boolean, terminal: Terminal): void {
  const text =
    comparisonText(result) ??
    capacityText(result) ??
    summaryText(result, terminal.columns) + priceText(result);
  terminal.print(
    json ? JSON.stringify(jsonSummary(result, reportPath), null, 2) : `${text}\nReport: ${reportPath}`,
  );
}
