import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import { systemCode } from '../model/system-error.ts';
import { jsonSummary } from '../report/json.ts';
import { OUTPUTS } from '../report/outputs.ts';
import { resultText } from '../report/terminal.ts';
import type { ReportRequest } from '../request/report.ts';
import { readResult } from '../store/read.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { checkExports, exportFiles, fileOfResult, type PendingFile, printedExport } from './exports.ts';
import { writeListing } from './listing.ts';
import type { Terminal } from './terminal.ts';

const REPORT_FILE = 'report.html';

/** Rewrites the reports of a stored result in its folder, from the result's JSON alone. */
export async function report(request: ReportRequest, { terminal }: CommandContext): Promise<ExitCode> {
  const result = await readResult(request.path);
  await checkExports(request.exports);
  const folder = (await stat(request.path)).isDirectory() ? request.path : dirname(request.path);
  return writeOutputs(result, folder, request, terminal);
}

/**
 * Writes all output files of a result, updates the listing in the parent folder, and prints the result's
 * summary or the export that goes to stdout. A file that cannot be written is reported, and the others are
 * still written.
 *
 * @returns `EXIT.failed` if a file could not be written
 */
export async function writeOutputs(
  result: Result,
  folder: string,
  { exports, json }: Pick<ReportRequest, 'exports' | 'json'>,
  terminal: Terminal,
): Promise<ExitCode> {
  const files = [...reportFiles(result, folder), ...exportFiles(exports, result, folder)];
  const missing = await writeEach(files, terminal.say);
  await writeListing(dirname(folder), terminal.say);
  const reportPath = join(folder, REPORT_FILE);
  const shownPath = missing.has(reportPath) ? null : reportPath;
  const printed = printedExport(exports, result);
  if (printed === null) printResult(result, shownPath, json, terminal);
  else {
    terminal.print(printed.trimEnd());
    if (shownPath !== null) terminal.say(`Report: ${shownPath}`);
  }
  return missing.size === 0 ? EXIT.done : EXIT.failed;
}

/**
 * Writes a result's reports to its folder.
 *
 * @returns the path of report.html; null if a file could not be written, which is reported
 */
export async function writeReport(
  folder: string,
  result: Result,
  say: (line: string) => void,
): Promise<string | null> {
  const missing = await writeEach(reportFiles(result, folder), say);
  return missing.size === 0 ? join(folder, REPORT_FILE) : null;
}

function reportFiles(result: Result, folder: string): PendingFile[] {
  return Object.values(OUTPUTS)
    .flatMap((output) => output(result))
    .map(({ name, text }) => fileOfResult(folder, name, () => text));
}

/**
 * If several files cannot be written for the same reason, at most this many are named in addition to the
 * first.
 */
const MOST_NAMES = 3;

/**
 * Writes the files, and reports why any could not be written.
 *
 * @returns the paths of the files that could not be written
 */
async function writeEach(files: readonly PendingFile[], say: (line: string) => void): Promise<Set<string>> {
  const missing = new Map<string | null, { sentence: string; paths: string[] }>();
  for (const { path, write } of files) {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const code = systemCode(error.cause);
      const before = missing.get(code);
      if (code !== null && before !== undefined) before.paths.push(path);
      else missing.set(code ?? path, { sentence: error.message, paths: [path] });
    }
  }
  for (const { sentence, paths } of missing.values()) {
    say(sentence);
    const others = paths.slice(1).map((path) => basename(path));
    const more = others.length - MOST_NAMES;
    const named = [...others.slice(0, MOST_NAMES), ...(more > 0 ? [`${more} more`] : [])];
    if (named.length > 0) say(`The same applies to ${named.join(', ')}.`);
  }
  return new Set([...missing.values()].flatMap(({ paths }) => paths));
}

/** Prints a result's summary on stdout, as text or as JSON. */
export function printResult(
  result: Result,
  reportPath: string | null,
  json: boolean,
  terminal: Terminal,
): void {
  const text = resultText(result, terminal.columns);
  const where = reportPath === null ? '' : `\nReport: ${reportPath}`;
  terminal.print(json ? JSON.stringify(jsonSummary(result, reportPath), null, 2) : `${text}${where}`);
}
