import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Result } from '../model/result.ts';
import { calibrationText } from '../report/calibration/text.ts';
import { capacityText } from '../report/capacity/text.ts';
import { comparisonText } from '../report/comparison/text.ts';
import { jsonSummary } from '../report/json.ts';
import { OUTPUTS } from '../report/outputs.ts';
import { priceText } from '../report/price/text.ts';
import { summaryText } from '../report/terminal.ts';
import type { ReportRequest } from '../request/report.ts';
import { writeFileWhole } from '../store/file.ts';
import { readResult } from '../store/read.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { checkExports, writeExports } from './exports.ts';
import { writeListing } from './listing.ts';
import type { Terminal } from './terminal.ts';

/** Draws the reports of a stored result again, from the JSON alone, beside it. */
export async function report(request: ReportRequest, { terminal }: CommandContext): Promise<ExitCode> {
  const result = await readResult(request.path);
  await checkExports(request.exports);
  const folder = (await stat(request.path)).isDirectory() ? request.path : dirname(request.path);
  await writeOutputs(result, folder, request, terminal);
  return EXIT.done;
}

/**
 * Writes all that is made of a result, lists it beside the others in its folder's parent, and prints its summary.
 *
 * @throws Problem('environment') as `writeFileWhole`
 */
export async function writeOutputs(
  result: Result,
  folder: string,
  { exports, json }: Pick<ReportRequest, 'exports' | 'json'>,
  terminal: Terminal,
): Promise<void> {
  const reportPath = await writeReport(folder, result);
  await writeExports(exports, result, folder);
  await writeListing(dirname(folder));
  printResult(result, reportPath, json, terminal);
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
function printResult(result: Result, reportPath: string, json: boolean, terminal: Terminal): void {
  const text =
    calibrationText(result) ??
    comparisonText(result) ??
    capacityText(result) ??
    summaryText(result, terminal.columns) + priceText(result);
  terminal.print(
    json ? JSON.stringify(jsonSummary(result, reportPath), null, 2) : `${text}\nReport: ${reportPath}`,
  );
}
