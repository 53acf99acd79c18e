import type { Comparison } from '../../model/comparison.ts';
import type { Ladder } from '../../model/ladder.ts';
import type { Result } from '../../model/result.ts';
import type { Size } from '../../model/size.ts';
import { formatCount } from '../../wording/format.ts';
import { baselineOf, effectColumns, effectNote, effectRows } from '../comparison/effect.ts';
import { excludedLines, notesOf, roundsSentence, wantedRoundsLine } from '../comparison/notes.ts';
import { verdictSentence } from '../comparison/verdict.ts';
import { conclusionOf } from '../conclusion.ts';
import { topicOf } from '../external.ts';
import { AXIS_TITLES, exclusionLines, levelColumns, levelRows, levelsNote } from '../ladder/levels.ts';
import { scenarioReport, summaryTable } from '../scenario.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from '../size/rows.ts';
import { remarksOf } from '../terminal.ts';
import { viewOf } from '../view.ts';

/** Summary of a result as Markdown, for a pull request or a CI job summary. */
export function resultMarkdown(result: Result): string {
  const comparison = conclusionOf(result, 'comparison');
  if (comparison !== null) return comparisonMarkdown(result, comparison);
  const ladder = conclusionOf(result, 'ladder');
  if (ladder !== null) return ladderMarkdown(result, ladder);
  const size = conclusionOf(result, 'size');
  return size === null ? runsMarkdown(result) : sizeMarkdown(result, size);
}

function ladderMarkdown(result: Result, ladder: Ladder): string {
  const rows = levelRows(ladder);
  const excluded = exclusionLines(ladder).map((line) => `- ${escaped(line)}`);
  return lines(
    `## ${escaped(ladder.variant)} over ${AXIS_TITLES[ladder.over]}`,
    '',
    ...ladder.findings.map(({ text }) => `- ${escaped(text)}`),
    ...(rows.length === 0
      ? []
      : ['', ...table([levelColumns(ladder), ...rows], () => false), '', escaped(levelsNote(ladder))]),
    ...(excluded.length === 0 ? [] : ['', ...excluded]),
    ...originOf(result),
  );
}

function sizeMarkdown(result: Result, size: Size): string {
  const derived = size.needs.map(({ derivation }) => derivation.text);
  const needs = needRows(size).map((row, at) => [...row, derived[at] ?? '']);
  return lines(
    `## ${escaped(size.variant)} for ${formatCount(size.wanted.connections)} connections`,
    '',
    ...size.findings.map(({ text }) => `- ${escaped(text)}`),
    '',
    ...table([[...NEED_COLUMNS, 'how'], ...needs], (column) => column === 0 || column === 3),
    '',
    ...table([COST_COLUMNS, ...costRows(size)], (column) => column === 0),
    ...(size.check.checked.length === 0
      ? []
      : ['', ...table([CHECK_COLUMNS, ...checkRows(size)], (column) => column === 0)]),
    ...originOf(result),
  );
}

function runsMarkdown(result: Result): string {
  const view = viewOf(result);
  const names = view.variants.map(({ name }) => name).join(', ');
  const report = scenarioReport(result);
  const { answer, words } = report;
  const { rows } = summaryTable(report, view);
  const headings = (rows[0] ?? []).map(([heading]) => heading);
  const cells = rows.map((row) => row.map(([, cell]) => cell));
  const isWords = (column: number) => words.includes(headings[column] ?? '');
  const remarks = remarksOf(view).filter((line) => line !== '');
  return lines(
    `## ${topicOf(result)}: ${escaped(names)}`,
    '',
    ...view.variants.map((variant) => `- ${escaped(answer(variant))}`),
    ...(rows.length === 0 ? [] : ['', ...table([headings, ...cells], isWords)]),
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((line) => `- ${escaped(line)}`)]),
    ...originOf(result),
  );
}

function comparisonMarkdown(result: Result, comparison: Comparison): string {
  const { comparisons } = comparison;
  const baselines = [...new Set(comparisons.map((each) => baselineOf(each, comparison)))];
  const verdicts = comparisons.map(
    (each) => `- ${escaped(verdictSentence(each, baselineOf(each, comparison)))}`,
  );
  const isWords = (column: number) => column === 0 || column === 6;
  const tables = comparisons.flatMap((each) => [
    '',
    ...table([effectColumns(each, baselineOf(each, comparison)), ...effectRows(each)], isWords),
  ]);
  const excluded = excludedLines(comparison).map((line) => `- ${escaped(line)}`);
  return lines(
    `## ${escaped(comparisons.map(({ variant }) => variant).join(', '))} compared with ${escaped(baselines.join(', '))}`,
    '',
    ...verdicts,
    '',
    escaped([roundsSentence(comparison), ...notesOf(result)].join(' ')),
    ...tables,
    '',
    escaped([effectNote(comparison), ...wantedRoundsLine(comparison)].join(' ')),
    ...(excluded.length === 0 ? [] : ['', ...excluded]),
    ...originOf(result),
  );
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** The machine, the version of the bench, and the result's id. */
function originOf({ environment: machine, tool, id }: Result): string[] {
  const origin = `${machine.cpuModel}, ${machine.cpus} CPUs, ${machine.os}; ${tool.name} ${tool.version}, ${id}`;
  return ['', `<sub>${escaped(origin)}</sub>`];
}

function table(
  [head = [], ...rows]: readonly (readonly string[])[],
  isWords: (column: number) => boolean,
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, column) => (isWords(column) ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** Escapes names, because they are external input and must not be interpreted as markup. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#&~]/g, (sign) => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`));
}
