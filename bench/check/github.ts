import { checkTitle } from '../wording/check-titles.ts';
import type { CheckReport } from './check.ts';
import { type LintFinding, type Severity, shownFile } from './finding.ts';
import { remedyLines, sentencesOf } from './message.ts';

/** The GitHub workflow command for each severity. */
const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/**
 * Returns the findings of one or more reports as workflow commands, one per line, which GitHub Actions turns
 * into annotations. Null if there are no findings.
 */
export function checkGithub(reports: readonly CheckReport[]): string | null {
  const lines = reports.flatMap(({ path, findings }) => findings.map((each) => annotation(each, path)));
  return lines.length === 0 ? null : lines.join('\n');
}

/**
 * @param path path of the checked configuration; findings without a line are shown on the first line of this
 * file
 */
function annotation(finding: LintFinding, path: string): string {
  const { file, line } = finding.origin ?? { file: path, line: 1 };
  const title = checkTitle(finding.code) ?? finding.code;
  const properties = { file: shownFile(file), line: String(line), title };
  const message = [...sentencesOf(finding), ...finding.remedies.flatMap(remedyLines)];
  return workflowCommand(COMMANDS[finding.level], properties, message.join('\n'));
}

/**
 * Formats a GitHub workflow command, `::error file=a.conf,line=1::message`, on one line regardless of the
 * content.
 *
 * @param properties values by name; at least one
 */
export function workflowCommand(
  command: string,
  properties: Readonly<Record<string, string>>,
  message: string,
): string {
  const pairs = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`);
  return `::${command} ${pairs.join(',')}::${escapedData(message)}`;
}

/** Escapes the percent sign first, because the other escape sequences contain one. */
function escapedData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
