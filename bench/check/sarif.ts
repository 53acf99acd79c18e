import { resolve } from 'node:path';
import { checkTitle } from '../wording/check-titles.ts';
import { sentence } from '../wording/words.ts';
import type { CheckReport } from './check.ts';
import { type LintFinding, pathBelowWorkingDirectory, type Severity } from './finding.ts';
import { sentencesOf } from './message.ts';

/** The parts of a SARIF 2.1.0 log (OASIS) that are used here. */
export interface SarifLog {
  $schema: string;
  version: '2.1.0';
  runs: [SarifRun];
}

interface SarifRun {
  tool: { driver: { name: string; version: string; rules: SarifRule[] } };
  results: SarifResult[];
}

/** A kind of finding (SARIF 2.1.0 section 3.49). */
interface SarifRule {
  id: string;
  shortDescription?: { text: string };
}

interface SarifResult {
  ruleId: string;
  ruleIndex: number;
  level: Severity;
  message: { text: string };
  locations: [{ physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }];
}

/**
 * Returns the findings of one or more reports as the log of one run, for tools that read SARIF.
 *
 * @param tool name and version of the program that found them
 */
export function checkSarif(
  reports: readonly CheckReport[],
  tool: { name: string; version: string },
): SarifLog {
  const found = reports.flatMap(({ path, findings }) => findings.map((finding) => ({ path, finding })));
  const codes = [...new Set(found.map(({ finding }) => finding.code))];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { ...tool, rules: codes.map(ruleOf) } },
        results: found.map(({ path, finding }) => resultOf(finding, path, codes.indexOf(finding.code))),
      },
    ],
  };
}

function ruleOf(code: string): SarifRule {
  const title = checkTitle(code);
  return { id: code, ...(title === null ? {} : { shortDescription: { text: sentence(title) } }) };
}

/**
 * @param path path of the checked configuration; findings without a line are shown on the first line of this
 * file
 */
function resultOf(finding: LintFinding, path: string, ruleIndex: number): SarifResult {
  const { file, line } = finding.origin ?? { file: path, line: 1 };
  return {
    ruleId: finding.code,
    ruleIndex,
    level: finding.level,
    message: { text: messageText(finding) },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } } },
    ],
  };
}

/**
 * Returns a finding as a SARIF message, with braces doubled: a single brace would begin or end a placeholder
 * (SARIF 2.1.0 section 3.11.5).
 */
function messageText(finding: LintFinding): string {
  return sentencesOf(finding).join('\n').replace(/[{}]/g, '$&$&');
}

/**
 * Returns the URI of a file. It is relative for a file inside the working directory, so that it is the same in
 * every checkout; otherwise absolute.
 */
function uriOf(file: string): string {
  const path = pathBelowWorkingDirectory(file);
  return path === null ? `file://${encoded(resolve(file))}` : encoded(path);
}

/**
 * Returns a path as part of a URI. A URI cannot contain a lone surrogate, so each one is replaced by U+FFFD.
 */
function encoded(path: string): string {
  return Buffer.from(path).toString().split('/').map(encodeURIComponent).join('/');
}
