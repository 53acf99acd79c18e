import { printable } from '../model/printable.ts';
import { counted, wrapped } from '../wording/words.ts';
import type { CheckReport } from './check.ts';
import { countByLevel, type LintFinding, SEVERITIES, shownPlace } from './finding.ts';
import { remedyLines, sentencesOf } from './message.ts';

const INDENT = '    ';
/** Width for files, and for terminals that do not report theirs. */
const USUAL_COLUMNS = 100;
const LEAST_COLUMNS = 60;

/** Returns a report in the style of a linter, with the observations and the lines to write. */
export function checkText(report: CheckReport, columns: number | null): string {
  const width = Math.min(USUAL_COLUMNS, Math.max(LEAST_COLUMNS, columns ?? USUAL_COLUMNS));
  const indented = (text: string) => wrapped(INDENT + printable(text), width, '');
  const changes = report.changes.flatMap(({ text }) => indented(text));
  return [
    ...report.findings.map((finding) => findingLines(finding, report.path, indented)),
    ...(changes.length === 0 ? [] : [['Changed for the trial:', ...changes]]),
    [summary(report)],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function findingLines(finding: LintFinding, path: string, indented: (text: string) => string[]): string[] {
  const { rule, level, origin, remedies } = finding;
  return [
    `${printable(shownPlace(origin) ?? path)}  ${level}  [${rule}]`,
    ...sentencesOf(finding).flatMap(indented),
    ...remedies.flatMap(remedyLines).map((line) => INDENT + line),
  ];
}

function summary({ path, nginx, tried, candidates, seen, findings }: CheckReport): string {
  const counts = countByLevel(findings);
  const parts = SEVERITIES.map((level) => counted(counts[level], level));
  const through = [...(seen?.locations.values() ?? [])];
  const open = through.filter(({ handshake }) => handshake.outcome === 'echoed').length;
  const what = tried
    ? `WebSockets could be opened through ${open} of ${counted(candidates.length, 'candidate location')}, on Nginx ${nginx.version}.`
    : 'No WebSocket was tried.';
  return `${printable(path)}: ${parts.join(', ')}. ${what}`;
}
