import type { Result } from '../../model/result.ts';
import { comparisonOf } from './conclusion.ts';
import { notesOf } from './notes.ts';
import { columnsOf, rowsOf } from './text.ts';
import { baselineOf, excludedLines, roundsSentence, verdictSentence } from './words.ts';

/** A comparison as Markdown, for a pull request; empty where the result is none. */
export function comparisonMarkdown(result: Result): string {
  const comparison = comparisonOf(result);
  if (comparison === null) return '';
  const { comparisons } = comparison;
  const baselines = [...new Set(comparisons.map((each) => baselineOf(each, comparison)))];
  const verdicts = comparisons.map(
    (each) => `- ${escaped(verdictSentence(each, baselineOf(each, comparison)))}`,
  );
  const tables = comparisons.flatMap((each) => [
    '',
    ...table([columnsOf(each, baselineOf(each, comparison)), ...rowsOf(each)]),
  ]);
  const excluded = excludedLines(comparison).map((line) => `- ${escaped(line)}`);
  const { environment: machine } = result;
  return `${[
    `## ${escaped(comparisons.map(({ variant }) => variant).join(', '))} against ${escaped(baselines.join(', '))}`,
    '',
    ...verdicts,
    '',
    escaped([roundsSentence(comparison), ...notesOf(result)].join(' ')),
    ...tables,
    ...(excluded.length === 0 ? [] : ['', ...excluded]),
    '',
    `<sub>${escaped(`${machine.cpuModel}, ${machine.cpus} CPUs, ${machine.os}; ${result.tool.name} ${result.tool.version}, ${result.id}`)}</sub>`,
  ].join('\n')}\n`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, column) => (column === 0 || column === 6 ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** Names come from outside: nothing of them may be markup. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#&~]/g, (sign) => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`));
}
