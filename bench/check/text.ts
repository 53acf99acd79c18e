import { printable } from '../model/printable.ts';
import type { CheckReport } from './check.ts';
import { countByLevel, type Finding, LEVELS } from './finding.ts';
import { shownPlace } from './place.ts';

const INDENT = '    ';
/** Of a terminal that does not tell its width, and of files. */
const USUAL_COLUMNS = 100;
const LEAST_COLUMNS = 60;

/** A report for a person: like a linter's, with what was seen and what to write. */
export function checkText(report: CheckReport, columns: number | null): string {
  const width = Math.min(USUAL_COLUMNS, Math.max(LEAST_COLUMNS, columns ?? USUAL_COLUMNS));
  const findings = report.findings.map((finding) => findingText(finding, report.path, width));
  const changes = report.changes.map(({ text }) => wrapped(printable(text), INDENT, width));
  return [
    ...findings,
    ...(changes.length === 0 ? [] : [['Tried otherwise than it is written:', ...changes].join('\n')]),
    summary(report),
  ].join('\n\n');
}

function findingText(
  { rule, level, origin, text, seen, remedies }: Finding,
  path: string,
  width: number,
): string {
  const remedy = remedies.flatMap(({ block, lines }, index) => [
    `${INDENT}${index === 0 ? 'Write' : 'and'} ${block === 'main' ? 'outside of all blocks' : `in ${block}`}:`,
    ...lines.map((line) => `${INDENT}${INDENT}${printable(line)}`),
  ]);
  return [
    `${printable(shownPlace(origin) ?? path)}  ${level}  [${rule}]`,
    wrapped(printable(text), INDENT, width),
    ...(seen === null ? [] : [wrapped(`Seen: ${printable(seen.text)}`, INDENT, width)]),
    ...remedy,
  ].join('\n');
}

/** Breaks at spaces; what is longer than a line stays whole. */
function wrapped(text: string, indent: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => indent + each).join('\n');
}

function summary({ path, nginx, tried, candidates, seen, findings }: CheckReport): string {
  const counts = countByLevel(findings);
  const parts = LEVELS.map((level) => `${counts[level]} ${level}${counts[level] === 1 ? '' : 's'}`);
  const through = [...(seen?.locations.values() ?? [])];
  const open = through.filter(({ handshake }) => handshake.outcome === 'echoed').length;
  const what = tried
    ? `WebSockets were opened through ${open} of ${candidates.length} locations that may carry them, on Nginx ${nginx.version}.`
    : 'Nothing was tried.';
  return `${printable(path)}: ${parts.join(', ')}. ${what}`;
}
